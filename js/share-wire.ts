/** What the tabs of a shared connection say to each other (the protocol is in share.ts), and how it is put for the channel. */
import type { EventSourceError, EventSourceErrorDetails } from './error.js';
import type { ServerSentEvent } from './event.js';
import { client } from './share-client.js';
import type { Events } from './share-reader.js';

/** What all tabs are told of a response. */
export interface ResponseFacts {
  readonly url: string;
  readonly status: number;
  readonly headers: [string, string][];
}

/** An error, without what cannot be cloned. */
interface ErrorFacts extends Omit<EventSourceErrorDetails, 'response'> {
  readonly code: EventSourceError['code'];
  readonly message: string;
  readonly response?: ResponseFacts | undefined;
}

/** A run of events: type, data and last event ID of each. */
export interface Run extends Omit<Events, 'events'> {
  readonly texts: readonly string[];
}

/** Where the shared stream is: its latest number, the last event ID there, and the response where one is open. */
export interface State {
  readonly line: number;
  readonly seq: number;
  readonly id: string;
  readonly response: ResponseFacts | undefined;
  /** What was wanted is no longer kept. */
  readonly gap: boolean;
}

/** From any tab, to the owner. */
export type Asking = { readonly from: string } & (
  | { readonly kind: 'join' | 'reconnect' }
  | { readonly kind: 'here'; readonly epoch: number; readonly url: string; readonly run: Run }
  | { readonly kind: 'want'; readonly line: number; readonly seq: number; readonly id: string }
);

/** From the owner, to all, or to one. */
export type Telling = { readonly epoch: number; readonly url: string; readonly to: string | undefined } & (
  | { readonly kind: 'call'; readonly line: number; readonly seq: number }
  | { readonly kind: 'state'; readonly state: State }
  | { readonly kind: 'events'; readonly run: Run }
  | { readonly kind: 'failed'; readonly error: ErrorFacts; readonly quiet: boolean }
);

export type Message = Asking | Telling;

export function putRun({ events, ...rest }: Events): Run {
  return { ...rest, texts: events.flatMap(({ type, data, lastEventId }) => [type, data, lastEventId]) };
}

export function takeRun({ texts, ...rest }: Run): Events {
  const events: ServerSentEvent[] = [];
  for (let at = 0; at < texts.length; at += 3) {
    events.push(new client.ServerSentEvent(texts[at]!, texts[at + 1]!, texts[at + 2]!));
  }
  return { ...rest, events };
}

export function putResponse({ url, status, headers }: Response): ResponseFacts {
  return { url, status, headers: [...headers] };
}

/** A response without a body, as that is read in another tab. */
export function takeResponse({ url, status, headers }: ResponseFacts): Response {
  const response = new Response(null, { status, headers });
  return Object.defineProperty(response, 'url', { value: url });
}

export function putError(error: EventSourceError): ErrorFacts {
  const { code, message, status, body, attempt, willRetry, delay, response } = error;
  let { cause } = error;
  try {
    cause = structuredClone(cause);
  } catch {
    cause = String(cause);
  }
  return {
    code,
    message,
    status,
    body,
    attempt,
    willRetry,
    delay,
    cause,
    response: response?.status ? putResponse(response) : undefined,
  };
}

export function takeError({ code, message, response, ...details }: ErrorFacts): EventSourceError {
  return new client.EventSourceError(code, message, { ...details, response: response && takeResponse(response) });
}
