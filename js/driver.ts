/** The JavaScript half of a connection: what Rust (src/web/client.rs) asks of it, and what a face gets of it. */
import { type Found, isNote, StreamParser } from './batch.js';
import { clientEngine, type Host } from './engine.js';
import { EventSourceError, type EventSourceErrorCode } from './error.js';
import type { ServerSentEvent } from './event.js';
import { type ConnectInit, isFetchable, isReplayable, makeRequest, methodOf } from './options.js';

const CLOSED = 2;
const RESUME = { auto: 0, always: 1, never: 2 } as const;
/** How much of a refused response's body an error carries, in bytes, and how long in milliseconds to wait for it. */
const MAX_REFUSED_BODY = 64 * 1024;
const MAX_REFUSED_WAIT = 1000;

/** A face of the client: what it does with what happens. Nothing is called after the close. */
export interface Face {
  opened(response: Response): void;
  /** Takes a batch; the promise it may return holds the reading, which is the backpressure. */
  deliver(batch: readonly ServerSentEvent[]): void | Promise<void>;
  /** `quiet` where the server has ended the stream in peace. */
  failed(error: EventSourceError, quiet: boolean): void;
}

/** A reconnecting connection. */
export class Driver implements Host {
  /** The last event ID: that of the event being delivered, so that whoever closes within a batch can resume behind it. */
  lastEventId: string;
  /** Where the caller wanted to begin. */
  readonly initialLastEventId: string;
  readonly #init: ConnectInit;
  readonly #face: Face;
  readonly #source;
  readonly #url: URL;
  /** Whether the last request got as far as the fetch; what failed before is the caller's. */
  sent = false;
  /** Ends what is under way: the fetch and its body, or the wait. */
  stop: () => void = () => undefined;
  #stopListening: () => void = () => undefined;

  constructor(url: URL, init: ConnectInit, face: Face, ofConnect: boolean) {
    this.#init = init;
    this.#face = face;
    this.#url = url;
    this.lastEventId = this.initialLastEventId = init.lastEventId ?? '';
    const { delay, maxDelay, factor, jitter, maxAttempts, maxElapsed, statuses } = init.retry ?? {};
    this.#source = new clientEngine.Source(
      this,
      methodOf(init),
      isReplayable(init),
      RESUME[init.resume ?? 'auto'],
      this.lastEventId,
      ofConnect,
      delay ?? NaN,
      maxDelay ?? NaN,
      factor ?? NaN,
      jitter ?? NaN,
      maxAttempts ?? NaN,
      maxElapsed ?? NaN,
      statuses && String.fromCharCode(...statuses),
      takesByteStrings(),
    );
  }

  get readyState(): 0 | 1 | 2 {
    return this.#source.readyState as 0 | 1 | 2;
  }

  /** Begins, in a task of its own: a listener added behind the constructor hears everything. */
  start(): void {
    const { signal } = this.#init;
    if (signal) {
      const abort = (): void => {
        // A failure that is final already, while the body of the refusal is still read, is told as what it is.
        if (this.readyState !== CLOSED) this.#source.abort(signal.reason);
      };
      if (signal.aborted) return queueMicrotask(abort);
      signal.addEventListener('abort', abort, { once: true });
      this.#stopListening = () => signal.removeEventListener('abort', abort);
    }
    if (isFetchable(this.#url, this.#init)) this.#source.start();
    else queueMicrotask(() => this.#source.refuseUrl(this.#url.href));
  }

  close(): void {
    this.#stopListening();
    this.#source.close();
  }

  // What Rust calls: the methods of `Host`.

  async send(attempt: number, lastEventId?: string): Promise<Response> {
    this.sent = false;
    const controller = new AbortController();
    this.stop = () => controller.abort();
    const request = await makeRequest(this.#init, attempt, lastEventId);
    controller.signal.throwIfAborted();
    request.signal = controller.signal;
    // What no fetch would send (GET with a body, say) is the caller's, not the network's. A stream can be taken but once.
    if (!(request.body instanceof ReadableStream)) new Request(this.#url, request);
    this.sent = true;
    const response: unknown = await (this.#init.fetch ?? globalThis.fetch)(this.#url.href, request);
    if (isResponse(response)) return response;
    this.sent = false;
    throw new TypeError(`expected fetch to give a Response, found ${String(response)}`);
  }

  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.stop = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  opened(response: Response): void {
    this.#face.opened(response);
  }

  read(response: Response, open: boolean): Promise<unknown> {
    return open ? this.#readEvents(response) : this.#readRefused(response);
  }

  failed(
    code: string,
    message: string,
    attempt: number,
    delay: number,
    quiet: boolean,
    response: Response | undefined,
    body: string | undefined,
    cause: unknown,
  ): void {
    const willRetry = delay >= 0;
    if (!willRetry) this.#stopListening();
    const error = new EventSourceError(code as EventSourceErrorCode, message, {
      status: response?.status,
      response,
      body,
      attempt,
      willRetry,
      delay: willRetry ? delay : undefined,
      cause,
    });
    this.#face.failed(error, quiet);
  }

  /** Delivers what a chunk completed. Gives the promise that the face holds the reading with. */
  #feed(
    parser: StreamParser,
    chunk: Uint8Array,
    seen: { retry: number; delivered: boolean; broken: boolean },
  ): Promise<void> | undefined {
    let held: Promise<void> | undefined;
    const deliver = (events: ServerSentEvent[]): void => {
      if (!events.length) return;
      seen.delivered = true;
      const more = this.#deliver(events, held);
      if (more) held = more;
    };
    parser.feed(chunk, (batch) => {
      if (!seen.broken) deliver(this.#sort(batch, seen));
    });
    return held;
  }

  async #after(held: Promise<void>, events: readonly ServerSentEvent[]): Promise<void> {
    await held;
    if (this.readyState !== CLOSED) await this.#face.deliver(events);
  }

  #deliver(events: readonly ServerSentEvent[], held: Promise<void> | undefined): Promise<void> | undefined {
    if (held) return this.#after(held, events);
    if (this.readyState === CLOSED) return undefined;
    return this.#face.deliver(events) ?? undefined;
  }

  /** The events of a batch, up to a limit that one of them broke; what else it has is noted. */
  #sort(batch: readonly Found[], seen: { retry: number; broken: boolean }): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    for (const found of batch) {
      if (!isNote(found)) events.push(found);
      else if (found.kind === 'retry') seen.retry = found.milliseconds;
      else if (found.kind === 'error') {
        seen.broken = true;
        break;
      }
    }
    return events;
  }

  async #readEvents(response: Response): Promise<void> {
    const { maxEventSize } = this.#init;
    const parser = new StreamParser({ maxEventSize, lastEventId: this.lastEventId });
    const reader = response.body?.getReader();
    const seen = { retry: -1, delivered: false, broken: false };
    try {
      for (;;) {
        const result = await reader?.read();
        if (!result || result.done) return;
        const held = this.#feed(parser, result.value, seen);
        if (held) await held;
        if (this.readyState === CLOSED) return;
        // An id without data moves it on too.
        this.lastEventId = parser.lastEventId;
        if (seen.broken) return;
      }
    } finally {
      const limit = seen.broken ? parser.maxEventSize : -1;
      this.#source.settle(parser.lastEventId, seen.retry, seen.delivered, limit);
      parser.free();
    }
  }

  async #readRefused(response: Response): Promise<string> {
    const reader = response.body?.getReader();
    if (!reader) return '';
    const decoder = new TextDecoder();
    let [text, left] = ['', MAX_REFUSED_BODY];
    const timer = setTimeout(() => void reader.cancel().catch(() => undefined), MAX_REFUSED_WAIT);
    try {
      while (left > 0) {
        const { done, value } = await reader.read();
        if (done) break;
        text += decoder.decode(value.subarray(0, left), { stream: true });
        left -= value.length;
      }
    } catch {
      // What came before the body broke off is still worth having.
    } finally {
      clearTimeout(timer);
    }
    return text + decoder.decode();
  }
}

/** By what is asked of it: a caller's fetch may give a Response of another realm. */
function isResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && 'status' in value && 'headers' in value && 'body' in value;
}

/** Whether headers are byte strings, as the Fetch standard says. Where they are not (workerd), they are sent as UTF-8. */
function takesByteStrings(): boolean {
  try {
    new Headers([['a', '\u0100']]);
    return false;
  } catch {
    return true;
  }
}
