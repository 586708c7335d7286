/** The state machine that decides on a connection, in Rust (src/web/connection.rs): told what happens, it says what follows. */
import { isTime, show } from './check.js';
import { clientEngine, startClient } from './engine.js';
import { CONTENT_TYPE, type Failure, failureOf, STATUS } from './failure.js';
import { Numbers } from './numbers.js';
import type { Reading } from './reading.js';
import { type ConnectInit, isIdempotent, isReplayable, type RetryOptions } from './options.js';

// What follows; a number that is not negative is the delay to the next attempt, in milliseconds.
export const OPEN = -1;
/** What was told came after the close. */
export const IGNORED = -2;
/** The server has ended it in peace. */
export const END = -3;
/** It has failed for good. */
export const STOP = -4;
/** The caller's function is to decide. */
export const ASK = -5;

const RESUME = { auto: 0, always: 1, never: 2 } as const;

const numbers = new Numbers();

/** A number that no connection has: whatever is told under it is ignored. */
const NONE = -1;

export class Connection {
  #number = numbers.take(this);
  /** What failed last, and what was found. */
  #cause = 0;
  #found: unknown;

  constructor(init: ConnectInit, ofConnect: boolean) {
    startClient();
    const asks = typeof init.retry === 'function';
    const { delay, maxDelay, factor, jitter, maxAttempts, maxElapsed, statuses }: RetryOptions =
      typeof init.retry === 'object' ? init.retry : {};
    if (statuses) put(String.fromCharCode(...new Uint8Array(Uint16Array.from(statuses).buffer)));
    clientEngine.connection(
      this.#number,
      isIdempotent(init),
      isReplayable(init),
      RESUME[init.resume ?? 'auto'],
      ofConnect,
      asks,
      statuses !== undefined,
      delay ?? NaN,
      maxDelay ?? NaN,
      factor ?? NaN,
      jitter ?? NaN,
      maxAttempts ?? NaN,
      maxElapsed ?? NaN,
    );
  }

  /** Begins an attempt, `anew` in place of what was dropped: its number, 0 where none is due. */
  start(anew: boolean): number {
    return clientEngine.start(this.#number, anew, performance.now());
  }

  responded({ status, headers }: Response): number {
    const type = headers.get('content-type');
    [this.#cause, this.#found] = status === 200 ? [CONTENT_TYPE, type || 'none'] : [STATUS, status];
    put(type ?? '');
    const wait = milliseconds(headers.get('retry-after'));
    return clientEngine.responded(this.#number, status, type !== null, wait, performance.now(), Math.random());
  }

  /** `found` is the URL of an `INVALID_URL`, or the limit of what was `TOO_LARGE` or took too long. */
  failed(cause: number, found?: unknown): number {
    [this.#cause, this.#found] = [cause, found];
    return clientEngine.failed(this.#number, cause, performance.now(), Math.random());
  }

  /** What failed last. */
  failure(): Failure {
    const told = new Float64Array(clientEngine.memory.buffer, clientEngine.told(), 4);
    return failureOf(this.#cause, this.#found, told);
  }

  /** What the caller's function has decided. Throws where that is neither a time nor `false`. */
  decide(found: unknown): number {
    if (found !== false && !isTime(found))
      throw new TypeError(`expected retry to give milliseconds or false, found ${show(found)}`);
    return clientEngine.decide(this.#number, found === false ? STOP : (found as number));
  }

  /** Whether a wake-up may cut the wait short. */
  wakes(): boolean {
    return clientEngine.wakes(this.#number);
  }

  /** Whether what is under way may be dropped, to be gone on with later. */
  pauses(): boolean {
    return clientEngine.pauses(this.#number);
  }

  /** What was seen of a stream, which may go on. */
  settle({ reconnectionTime, delivered, firstEventId, lastEventId }: Reading): void {
    clientEngine.settle(this.#number, reconnectionTime, delivered, lastEventId !== firstEventId, lastEventId !== '');
  }

  /** It is over. Its place is given back, and what is still told comes too late for whoever has it next. */
  close(): void {
    if (this.#number !== NONE) numbers.give(this, this.#number);
    this.#number = NONE;
  }
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
