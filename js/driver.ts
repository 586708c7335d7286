/** What does what the connection says, with the host's `fetch` and timers, for a face. */
import { eventLimit, type Found, isNote, StreamParser } from './batch.js';
import {
  ABORTED,
  Connection,
  END,
  IGNORED,
  INVALID_URL,
  NETWORK,
  OPEN,
  REQUEST,
  STREAM_ENDED,
  told,
  TOO_LARGE,
} from './connection.js';
import { EventSourceError, type EventSourceErrorDetails } from './error.js';
import type { ServerSentEvent } from './event.js';
import { type ConnectInit, isFetchable, makeRequest } from './options.js';
import { readRefused } from './refused.js';

/** A face of the client: what it does with what happens. Nothing is called after the close. */
export interface Face {
  opened(response: Response): void;
  /** Takes a batch; the promise it may return holds the reading, which is the backpressure. */
  deliver(batch: readonly ServerSentEvent[]): void | Promise<void>;
  /** `quiet` where the server has ended the stream in peace. */
  failed(error: EventSourceError, quiet: boolean): void;
}

/** What a stream has shown beside its events. */
class Seen {
  reconnectionTime = -1;
  delivered = false;
  /** An event was too large: the stream is given up. */
  broken = false;
  /** The promise that the face holds the reading with. */
  held: Promise<void> | undefined;
}

/** A reconnecting connection. */
export class Driver {
  /** The last event ID: that of the event being delivered, so that whoever closes within a batch can resume behind it. */
  lastEventId: string;
  /** Where the caller wanted to begin. */
  readonly initialLastEventId: string;
  /** The state, with the numbers of the standard: 0 connecting, also between two attempts, 1 open, 2 closed. */
  readyState: 0 | 1 | 2 = 0;
  readonly #url: URL;
  readonly #init: ConnectInit;
  readonly #maxEventSize: number;
  readonly #face: Face;
  readonly #ofConnect: boolean;
  readonly #connection: Connection;
  /** The number of the attempt, 0 before the first. */
  #attempt = 0;
  /** The caller has closed or aborted: nothing is told any more, not even of what failed before. */
  #silent = false;
  /** Ends what is under way: the fetch and its body, or the wait. */
  #stop: () => void = () => undefined;
  #stopListening: () => void = () => undefined;

  constructor(url: URL, init: ConnectInit, face: Face, ofConnect: boolean) {
    this.#url = url;
    this.#init = init;
    this.#maxEventSize = eventLimit(init.maxEventSize);
    this.#face = face;
    this.#ofConnect = ofConnect;
    this.lastEventId = this.initialLastEventId = init.lastEventId ?? '';
    this.#connection = new Connection(init, ofConnect);
  }

  /** Begins, in a task of its own: a listener added behind the constructor hears everything. */
  start(): void {
    const { signal } = this.#init;
    if (signal) {
      const abort = (): void => this.#abort(signal.reason);
      if (signal.aborted) return queueMicrotask(abort);
      signal.addEventListener('abort', abort, { once: true });
      this.#stopListening = () => signal.removeEventListener('abort', abort);
    }
    queueMicrotask(() => void (this.#init.shareAcrossTabs === undefined ? this.#run() : this.#share()));
  }

  close(): void {
    this.#stopListening();
    this.#connection.close();
    this.readyState = 2;
    this.#silent = true;
    this.#stop();
  }

  #abort(reason: unknown): void {
    // A failure that is final already, while the body of the refusal is still read, is told as what it is.
    if (this.readyState === 2) return;
    this.#failed(ABORTED, reason);
    this.#silent = true;
    this.#stop();
  }

  /** Takes part in the connection that tabs share, in place of one of its own. */
  async #share(): Promise<void> {
    const tell = this.#face;
    const face: Face = {
      ...tell,
      opened: (response) => {
        this.readyState = 1;
        tell.opened(response);
      },
      failed: (error, quiet) => {
        this.readyState = error.willRetry ? 0 : 2;
        if (!error.willRetry) this.#stopListening();
        tell.failed(error, quiet);
      },
    };
    const alone = (): void => void this.#run();
    try {
      const { share } = await import('./share.js');
      const part = { url: this.#url, init: this.#init, ofConnect: this.#ofConnect, face, alone };
      if (!this.#silent) this.#stop = share(part);
    } catch {
      alone();
    }
  }

  /** Attempt after attempt, until there is none. */
  async #run(): Promise<void> {
    if (!isFetchable(this.#url, this.#init)) {
      this.#failed(INVALID_URL, undefined, { url: this.#url.href });
      return;
    }
    for (let wait = 0; wait >= 0 && !this.#silent;) {
      this.#attempt = this.#connection.start();
      wait = await this.#try();
      if (wait >= 0 && !this.#silent) await this.#wait(wait);
    }
  }

  /** One fetch, to the end of its body. Tells how long to wait for the next, negative where there is none. */
  async #try(): Promise<number> {
    const controller = new AbortController();
    this.#stop = () => controller.abort();
    let response: Response;
    let sent = false;
    try {
      const request = await makeRequest(this.#init, this.#attempt, this.lastEventId);
      controller.signal.throwIfAborted();
      request.signal = controller.signal;
      // What no fetch would send (GET with a body, say) is the caller's, not the network's. A stream can be taken but once.
      if (!(request.body instanceof ReadableStream)) new Request(this.#url, request);
      sent = true;
      const found: unknown = await (this.#init.fetch ?? globalThis.fetch)(this.#url.href, request);
      sent = isResponse(found);
      if (!isResponse(found)) throw new TypeError(`expected fetch to give a Response, found ${String(found)}`);
      response = found;
    } catch (cause) {
      return this.#failed(sent ? NETWORK : REQUEST, cause);
    }
    const step = this.#connection.responded(response);
    if (step !== OPEN) {
      await this.#refused(step, response);
      controller.abort();
      return step;
    }
    // [spec] Announce the connection.
    this.readyState = 1;
    this.#face.opened(response);
    try {
      const limit = await this.#read(response);
      if (limit === undefined) {
        // [spec] processEventSourceEndOfBody: if response is not a network error, reestablish the connection.
        return this.#failed(STREAM_ENDED);
      }
      controller.abort();
      return this.#failed(TOO_LARGE, undefined, { limit });
    } catch (cause) {
      return this.#failed(NETWORK, cause);
    }
  }

  /** The response opens no stream: the error carries the beginning of its body. */
  async #refused(step: number, response: Response): Promise<void> {
    if (step === IGNORED) {
      response.body?.cancel().catch(() => undefined);
      return;
    }
    const failure = told();
    this.readyState = step >= 0 ? 0 : 2;
    const body = await readRefused(response);
    this.#tell(step, failure, { status: response.status, response, body });
  }

  /** The attempt has failed. Tells how long to wait for the next, negative where there is none. */
  #failed(what: number, cause?: unknown, found?: { url?: string; limit?: number }): number {
    const step = this.#connection.failed(what, found);
    if (step !== IGNORED) {
      // [spec] Reestablish the connection: 1.2 set readyState to CONNECTING, 1.3 fire an event named error, 2 wait.
      this.readyState = step >= 0 ? 0 : 2;
      this.#tell(step, told(), { cause });
    }
    return step;
  }

  #tell(step: number, [code, message]: ReturnType<typeof told>, details: EventSourceErrorDetails): void {
    if (this.#silent) return;
    const willRetry = step >= 0;
    if (!willRetry) this.#stopListening();
    const delay = willRetry ? step : undefined;
    const error = new EventSourceError(code, message, { ...details, attempt: this.#attempt, willRetry, delay });
    this.#face.failed(error, step === END);
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#stop = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Reads the events of an open stream to its end; to the limit that one of them was over, which it then gives. */
  async #read(response: Response): Promise<number | undefined> {
    const before = this.lastEventId;
    const parser = new StreamParser({ maxEventSize: this.#maxEventSize, lastEventId: before });
    const seen = new Seen();
    const deliver = (batch: readonly Found[], notes: number): void => this.#deliver(batch, notes, seen);
    const reader = response.body?.getReader();
    const abort = this.#stop;
    this.#stop = () => {
      abort();
      cancel();
    };
    // Also where a caller's fetch does not mind its signal.
    const cancel = (): void => void reader?.cancel().catch(() => undefined);
    try {
      while (!this.#silent && !seen.broken) {
        const result = await reader?.read();
        if (!result || result.done) break;
        parser.feed(result.value, deliver);
        if (seen.held) await seen.held;
        seen.held = undefined;
        // An id without data moves it on too.
        if (!this.#silent) ({ lastEventId: this.lastEventId } = parser);
      }
      return seen.broken ? parser.maxEventSize : undefined;
    } finally {
      cancel();
      const { lastEventId } = parser;
      this.#connection.settle(seen.reconnectionTime, seen.delivered, lastEventId !== before, lastEventId !== '');
      parser.free();
    }
  }

  #deliver(batch: readonly Found[], notes: number, seen: Seen): void {
    if (seen.broken) return;
    const events = notes ? sort(batch, seen) : (batch as ServerSentEvent[]);
    if (!events.length) return;
    seen.delivered = true;
    if (seen.held) seen.held = this.#after(seen.held, events);
    else if (!this.#silent) seen.held = this.#face.deliver(events) ?? undefined;
  }

  async #after(held: Promise<void>, events: readonly ServerSentEvent[]): Promise<void> {
    await held;
    if (!this.#silent) await this.#face.deliver(events);
  }
}

/** The events of a batch, up to a limit that one of them broke; what else it has is noted. */
function sort(batch: readonly Found[], seen: Seen): ServerSentEvent[] {
  const events: ServerSentEvent[] = [];
  for (const found of batch) {
    if (!isNote(found)) events.push(found);
    else if (found.kind === 'retry') seen.reconnectionTime = found.milliseconds;
    else if (found.kind === 'error') {
      seen.broken = true;
      break;
    }
  }
  return events;
}

/** By what is asked of it: a caller's fetch may give a Response of another realm. */
function isResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && 'status' in value && 'headers' in value && 'body' in value;
}
