import { EventSourceError } from './error.js';
import type { EventInit } from './frames.js';
import { type CloseReason, DONE, type ServerStream, StreamWriter } from './server-stream.js';

/**
 * Where the events of a response come from: a function that is given the stream to write to, or an (async) iterable of
 * events. A function that returns a promise ends the stream when that settles; one that returns nothing leaves it open until
 * somebody calls `stream.close()`.
 */
export type Producer =
  ((stream: ServerStream) => void | Promise<void>) | Iterable<EventInit> | AsyncIterable<EventInit>;

/** What {@link eventStream} takes. */
export interface EventStreamInit {
  /** Further headers of the response; those that make it an event stream are added. */
  headers?: HeadersInit | undefined;
  /** The status; default 200, the only one that an `EventSource` reads. */
  status?: number | undefined;
  /**
   * After so many milliseconds without a byte a comment is sent, so that proxies keep the connection and a reader that has
   * left is noticed; `false` for never. Default 15,000.
   */
  heartbeat?: number | false | undefined;
  /** The reconnection time to tell the reader: a whole number of milliseconds. */
  retry?: number | undefined;
  /** While so many bytes wait for the reader, `send` waits. Default 65,536. */
  maxBuffer?: number | undefined;
  /** Called with what the producer threw; without it that goes to `console.error`. It never reaches the reader. */
  onError?: ((error: unknown) => void) | undefined;
  /**
   * The handler context's `waitUntil`, as `(promise) => ctx.waitUntil(promise)`: keeps the runtime going until the producer is
   * through, also when the reader leaves.
   */
  waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
}

const DEFAULT_HEARTBEAT = 15_000;
const DEFAULT_MAX_BUFFER = 64 * 1024;

/** The longest timer there is; a longer one would fire at once. */
const MAX_TIMER = 2 ** 31 - 1;

/**
 * Answers a request with an event stream.
 *
 * @throws TypeError, RangeError or EventSourceError when an option is not what it should be.
 * @example
 * export default {
 *   fetch: (request) => eventStream(request, async (stream) => {
 *     for (let n = Number(stream.lastEventId) + 1; n <= 10; n++) await stream.send({ id: n, data: { n } });
 *   }),
 * };
 */
export function eventStream(request: Request, producer: Producer, init: EventStreamInit = {}): Response {
  const headers = headersOf(init.headers);
  const writer = new StreamWriter({
    lastEventId: lastEventId(request),
    heartbeat: period('heartbeat', init.heartbeat === false ? 0 : (init.heartbeat ?? DEFAULT_HEARTBEAT)),
    maxBuffer: period('maxBuffer', init.maxBuffer ?? DEFAULT_MAX_BUFFER),
    retry: init.retry,
  });
  let response: Response;
  try {
    response = new Response(writer.body, { status: init.status ?? 200, headers });
  } catch (cause) {
    // No one will ever read it.
    writer.end({ code: 'cancelled', cause });
    throw cause;
  }
  const abort = (): void => writer.end({ code: 'aborted', cause: request.signal.reason });
  if (request.signal?.aborted) abort();
  else request.signal?.addEventListener('abort', abort, { once: true });
  const produced = produce(writer, producer, init.onError);
  const settled = Promise.all([produced, writer.closed]).then(([, reason]) => {
    request.signal?.removeEventListener('abort', abort);
    return reason;
  });
  init.waitUntil?.(settled);
  return response;
}

/** Runs the producer and ends the stream by what becomes of it. Never rejects. */
async function produce(
  writer: StreamWriter,
  producer: Producer,
  onError: ((error: unknown) => void) | undefined,
): Promise<void> {
  try {
    if (typeof producer === 'function') {
      const running = producer(writer);
      if (!running) return;
      await running;
    } else {
      await (Symbol.asyncIterator in producer ? sendAsync(writer, producer) : sendAll(writer, producer));
    }
    writer.end({ code: 'completed' });
  } catch (cause) {
    if (writer.ended && isOfEnd(cause, writer.signal.reason)) return;
    writer.end({ code: 'failed', cause });
    report(cause, onError);
  }
}

/** Whether the producer has only learnt of the end, by a `send` or by `stream.signal`: then nothing has failed. */
function isOfEnd(error: unknown, reason: unknown): boolean {
  if (error === reason || (error instanceof Error && error.cause === reason)) return true;
  return error instanceof EventSourceError && error.code === 'closed';
}

async function sendAll(writer: StreamWriter, events: Iterable<EventInit>): Promise<void> {
  if (writer.ended) return;
  for (const event of events) {
    // Waits only where there is no room: each promise is a microtask.
    const sent = writer.send(event);
    if (sent !== DONE) await sent;
    if (writer.ended) return;
  }
}

async function sendAsync(writer: StreamWriter, events: AsyncIterable<EventInit>): Promise<void> {
  const iterator = events[Symbol.asyncIterator]();
  let through = false;
  // An iterable that waits for its next event is not waited for when the reader has left. Not by a race with `closed`: that
  // would hold on to every event until the end of the stream.
  let leave: (() => void) | undefined;
  void writer.closed.then(() => leave?.());
  const next = (): Promise<IteratorResult<EventInit> | undefined> =>
    new Promise((resolve, reject) => {
      leave = () => resolve(undefined);
      through = true;
      Promise.resolve(iterator.next()).then(resolve, reject);
    });
  try {
    while (!writer.ended) {
      const result = await next();
      if (result?.done) return;
      through = false;
      if (result) await writer.send(result.value);
    }
  } finally {
    // Neither at its end nor after an error of its own, as in a `for await` loop.
    if (!through) await iterator.return?.();
  }
}

function report(error: unknown, onError: ((error: unknown) => void) | undefined): void {
  try {
    if (onError) onError(error);
    else console.error('eventsource-wasm: the producer of an event stream failed:', error);
  } catch (failure) {
    console.error('eventsource-wasm: onError failed:', failure);
  }
}

/** Where a reader wants to go on: the `Last-Event-ID` header, or the `lastEventId` query parameter; else empty. */
export function lastEventId(request: Request): string {
  const header = request.headers.get('last-event-id');
  if (header === null) return new URL(request.url).searchParams.get('lastEventId') ?? '';
  // [spec] The header has the id's UTF-8 bytes; a `Headers` gives each as a character. Runtimes that decode them themselves
  // give other characters.
  const bytes = Uint8Array.from(header, (character) => character.charCodeAt(0));
  try {
    return /[^\0-\xff]/.test(header) ? header : utf8.decode(bytes);
  } catch {
    return header;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function headersOf(init: HeadersInit | undefined): Headers {
  const headers = new Headers(init);
  headers.set('content-type', 'text/event-stream');
  // no-transform keeps proxies from compressing, and so from holding events back; X-Accel-Buffering is nginx's word for it.
  headers.set('cache-control', 'no-cache, no-transform');
  headers.set('x-accel-buffering', 'no');
  for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'content-encoding']) {
    headers.delete(name);
  }
  return headers;
}

function period(name: string, value: number): number {
  if (typeof value === 'number' && value >= 0) return Math.min(value, MAX_TIMER);
  throw new RangeError(`expected ${name} to be a number that is not negative, found ${String(value)}`);
}

export type { CloseReason, ServerStream };
