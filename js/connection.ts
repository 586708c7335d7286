/** The state machine that decides on a connection, in Rust (src/web/connection.rs): told what happens, it says what follows. */
import { clientEngine, startClient } from './engine.js';
import type { EventSourceErrorCode } from './error.js';
import { Numbers } from './numbers.js';
import { type ConnectInit, isIdempotent, isReplayable } from './options.js';

// What follows; a number that is not negative is the delay to the next attempt, in milliseconds.
export const OPEN = -1;
/** What was told came after the close. */
export const IGNORED = -2;
/** The server has ended it in peace. */
export const END = -3;

// What makes an attempt fail.
export const NETWORK = 0;
export const STREAM_ENDED = 1;
export const REQUEST = 2;
export const ABORTED = 3;
export const INVALID_URL = 4;
export const TOO_LARGE = 5;

const RESUME = { auto: 0, always: 1, never: 2 } as const;

const numbers = new Numbers();
const decoder = new TextDecoder();

export class Connection {
  readonly #number = numbers.take(this);

  constructor(init: ConnectInit, ofConnect: boolean) {
    startClient();
    const { delay, maxDelay, factor, jitter, maxAttempts, maxElapsed, statuses } = init.retry ?? {};
    if (statuses) put(String.fromCharCode(...new Uint8Array(Uint16Array.from(statuses).buffer)));
    clientEngine.connection(
      this.#number,
      isIdempotent(init),
      isReplayable(init),
      RESUME[init.resume ?? 'auto'],
      ofConnect,
      statuses !== undefined,
      delay ?? NaN,
      maxDelay ?? NaN,
      factor ?? NaN,
      jitter ?? NaN,
      maxAttempts ?? NaN,
      maxElapsed ?? NaN,
    );
  }

  /** Begins an attempt: its number, 0 where none is due. */
  start(): number {
    return clientEngine.start(this.#number, performance.now());
  }

  responded({ status, headers }: Response): number {
    const type = headers.get('content-type');
    put(type ?? '');
    const wait = milliseconds(headers.get('retry-after'));
    return clientEngine.responded(this.#number, status, type !== null, wait, performance.now(), Math.random());
  }

  /** `url` of an `INVALID_URL`, `limit` of what was `TOO_LARGE`. */
  failed(cause: number, { url = '', limit = 0 } = {}): number {
    put(url);
    return clientEngine.failed(this.#number, cause, limit, performance.now(), Math.random());
  }

  /** What was seen of a stream that is over: what it set the reconnection time to (negative for nothing), and the rest. */
  settle(reconnectionTime: number, delivered: boolean, idChanged: boolean, hasId: boolean): void {
    clientEngine.settle(this.#number, reconnectionTime, delivered, idChanged, hasId);
  }

  close(): void {
    clientEngine.close(this.#number);
  }
}

/** Code and message of what failed last, of all connections. */
export function told(): [EventSourceErrorCode, string] {
  const start = clientEngine.told() >>> 0;
  const bytes = new Uint8Array(clientEngine.memory.buffer);
  const [code, message] = decoder.decode(bytes.subarray(start, bytes.indexOf(0, start))).split('\n');
  return [code as EventSourceErrorCode, message!];
}

/** Writes a text of a header's characters, a byte each, for the next call. */
function put(text: string): void {
  const start = clientEngine.text(text.length) >>> 0;
  const bytes = new Uint8Array(clientEngine.memory.buffer, start, text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
}

/** What a `Retry-After` asks for: seconds, or a date, to the end of its second; NaN for nothing. */
function milliseconds(retryAfter: string | null): number {
  if (!retryAfter) return NaN;
  return /^\d+$/.test(retryAfter) ? +retryAfter * 1000 : Math.max(0, Date.parse(retryAfter) - Date.now() + 999);
}
