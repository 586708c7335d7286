/** Does what the connection says, with the host's `fetch` and timers, for a face. */
import { unlessAborted } from './abort.js';
import { alarm } from './alarm.js';
import { eventLimit } from './batch.js';
import { checkOptions, show } from './check.js';
import { ASK, Connection, END, IGNORED, OPEN, STOP } from './connection.js';
import { EventSourceError, type EventSourceErrorDetails } from './error.js';
import { ServerSentEvent } from './event.js';
import type { Face } from './face.js';
import {
  ABORTED,
  CONNECT_TIMEOUT,
  DECISION,
  type Failure,
  IDLE_TIMEOUT,
  INVALID_URL,
  NETWORK,
  REQUEST,
  STREAM_ENDED,
  TOO_LARGE,
} from './failure.js';
import {
  type ConnectInit,
  isFetchable,
  isIdempotent,
  isReplayable,
  makeRequest,
  type RetryFunction,
} from './options.js';
import { Reading } from './reading.js';
import { readRefused } from './refused.js';
import { isResponse, sender } from './request.js';
import type { Shared } from './share.js';
import { isHidden, onWake } from './wake.js';

/** Why an attempt is cut off, where no failure is to be told: another one takes its place. */
const ANEW = -1;

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
  /** The next attempt takes the place of one that was dropped. */
  #anew = false;
  /** Why the attempt was cut off: what is to be told as its failure, or `ANEW`. */
  #cut: number | undefined;
  /** The part that this has in a connection that tabs share. */
  #shared: Shared | undefined;
  /** Ends what is under way: the fetch and its body, a question, or the wait. */
  #stop: () => void = () => undefined;
  /** The stream of the attempt, once it is open. */
  #reading: Reading | undefined;
  #stopListening: () => void = () => undefined;

  constructor(url: URL, init: ConnectInit, face: Face, ofConnect: boolean) {
    checkOptions(init);
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
    this.#end();
    this.#silent = true;
    this.#stop();
  }

  /** It is over for good. */
  #end(): void {
    this.readyState = 2;
    this.#stopListening();
    this.#connection.close();
  }

  /** Drops what is under way, or the wait, for an attempt that begins at once. */
  reconnect(): void {
    if (this.#shared) return this.#shared.reconnect();
    if (this.readyState !== 2 && (isReplayable(this.#init) || !this.#attempt)) this.#drop();
  }

  #drop(): void {
    this.readyState = 0;
    this.#anew = true;
    this.#cutOff(ANEW);
  }

  #cutOff(why: number): void {
    this.#cut ??= why;
    this.#stop();
  }

  #abort(reason: unknown): void {
    // A failure that is final already, while the body of the refusal is still read, is told as what it is.
    if (this.readyState === 2) return;
    this.#connection.failed(ABORTED);
    this.#tell(STOP, this.#connection.failure(), { cause: reason });
    this.#silent = true;
    this.#stop();
  }

  /** Takes part in the connection that tabs share, in place of one of its own. */
  async #share(): Promise<void> {
    const alone = (): void => {
      this.#shared = undefined;
      void this.#run();
    };
    const state = (state: 0 | 1 | 2): void => {
      this.readyState = state;
      if (state === 2) this.#end();
    };
    try {
      const { share } = await import('./share.js');
      const part = { url: this.#url, init: this.#init, ofConnect: this.#ofConnect, face: this.#face, state, alone };
      if (this.#silent) return;
      this.#shared = share(part, { Driver, EventSourceError, ServerSentEvent, isIdempotent });
      if (!this.#shared) return alone();
      this.#stop = this.#shared.leave;
    } catch {
      alone();
    }
  }

  /** Attempt after attempt, until there is none. */
  async #run(): Promise<void> {
    if (!isFetchable(this.#url, this.#init)) {
      this.#connection.failed(INVALID_URL, this.#url.href);
      return this.#tell(STOP, this.#connection.failure(), {});
    }
    for (let wait = NaN; !(wait < 0); wait = await this.#try()) {
      // Closed by a listener of the error, or while it waits.
      if (!this.#silent && (wait >= 0 || this.#isPaused())) await this.#wait(wait);
      if (this.#silent) return;
      this.#attempt = this.#connection.start(this.#anew);
      this.#anew = false;
    }
  }

  /** Something begins that can be cut off. */
  #begin(): AbortController {
    const controller = new AbortController();
    this.#cut = this.#reading = undefined;
    this.#stop = () => controller.abort();
    return controller;
  }

  /** One attempt, with all that is decided on it. Tells how long to wait for the next, negative where there is none. */
  async #try(): Promise<number> {
    const controller = this.#begin();
    const { signal } = controller;
    const stopWatching = this.#init.pauseWhenHidden ? onWake(undefined, () => this.#pause()) : undefined;
    let step = OPEN;
    /** What it means where something is thrown. */
    let what = REQUEST;
    const details: EventSourceErrorDetails = {};
    let fetching: unknown;
    try {
      const request = await unlessAborted(() => makeRequest(this.#init, this.#attempt, this.lastEventId), signal);
      request.signal = signal;
      const send = sender(this.#url, request, this.#init.fetch);
      what = NETWORK;
      const response = await this.#fetch(() => (fetching = send()), signal);
      signal.throwIfAborted();
      if (!isResponse(response)) {
        what = REQUEST;
        throw new TypeError(`expected fetch to give a Response, found ${show(response)}`);
      }
      step = this.#connection.responded(response);
      if (step === OPEN) what = await this.#read(response, signal);
      else Object.assign(details, { status: response.status, response });
    } catch (cause) {
      details.cause = cause;
    }
    try {
      return await (step === OPEN ? this.#failed(what, details) : this.#follow(step, details));
    } finally {
      controller.abort();
      stopWatching?.();
      // A caller's fetch may not mind its signal: what it brings, also later, is not left open.
      Promise.resolve(fetching as Response)
        .then(({ body }) => body?.cancel())
        .catch(() => undefined);
    }
  }

  async #fetch(send: () => unknown, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    const began = performance.now();
    const ring = (): void => this.#cutOff(CONNECT_TIMEOUT);
    const stopClock = alarm(this.#init.connectTimeout, () => began, ring);
    try {
      return await unlessAborted(send, signal);
    } finally {
      stopClock();
    }
  }

  /** Reads the events of an open stream to its end; tells which end. */
  async #read(response: Response, signal: AbortSignal): Promise<number> {
    const { idleTimeout } = this.#init;
    // [spec] Announce the connection.
    this.readyState = 1;
    this.#face.opened(response);
    const options = { maxEventSize: this.#maxEventSize, lastEventId: this.lastEventId };
    const reading = (this.#reading = new Reading(response, options, (batch) => {
      return this.#silent ? undefined : this.#face.deliver(batch);
    }));
    signal.addEventListener('abort', () => reading.cancel());
    if (signal.aborted) reading.cancel();
    const ring = (): void => this.#cutOff(IDLE_TIMEOUT);
    const stopClock = alarm(idleTimeout, () => reading.since, ring);
    try {
      await reading.toEnd(idleTimeout !== undefined, () => {
        // An id without data moves it on too.
        if (!this.#silent) ({ lastEventId: this.lastEventId } = reading);
      });
      // [spec] processEventSourceEndOfBody: if response is not a network error, reestablish the connection.
      return reading.broken ? TOO_LARGE : STREAM_ENDED;
    } finally {
      stopClock();
      reading.cancel();
      this.#settle();
      reading.free();
    }
  }

  /** Tells the connection what was seen of the stream so far. */
  #settle(): void {
    if (this.#reading) this.#connection.settle(this.#reading);
  }

  /** Nobody sees the page any more. */
  #pause(): void {
    this.#settle();
    if (this.#connection.pauses()) this.#drop();
  }

  /** The attempt has failed, or was cut off. */
  async #failed(what: number, details: EventSourceErrorDetails): Promise<number> {
    if (this.#cut === ANEW) return 0;
    if (this.#cut) [what, details] = [this.#cut, {}];
    const { connectTimeout, idleTimeout } = this.#init;
    const limit = { [CONNECT_TIMEOUT]: connectTimeout, [IDLE_TIMEOUT]: idleTimeout, [TOO_LARGE]: this.#maxEventSize }[
      what
    ];
    return this.#follow(this.#connection.failed(what, limit), details);
  }

  /** What follows a failure: the caller's function is asked where it decides, and the failure is told. */
  async #follow(step: number, details: EventSourceErrorDetails): Promise<number> {
    if (step === IGNORED) return step;
    const failure = this.#connection.failure();
    // [spec] Reestablish the connection: 1.2 set readyState to CONNECTING, 1.3 fire an event named error, 2 wait.
    this.readyState = step >= 0 || step === ASK ? 0 : 2;
    const { status, response } = details;
    // The error carries the beginning of a refused body.
    if (response) details.body = await readRefused(response);
    if (step === ASK) {
      // Dropped, or closed, while the body was read.
      if (this.#anew || this.#silent) return 0;
      const { signal } = this.#begin();
      try {
        step = this.#connection.decide(await unlessAborted(() => this.#ask(failure, details), signal));
      } catch (cause) {
        return this.#failed(DECISION, { status, response, cause });
      }
    }
    this.#tell(step, failure, details);
    return step;
  }

  /** Has the caller's function decide. */
  #ask(failure: Failure, details: EventSourceErrorDetails): ReturnType<RetryFunction> {
    const { attemptsInRow, elapsed } = failure;
    const delay = failure.delay < 0 ? (false as const) : failure.delay;
    const { status, response } = details;
    return (this.#init.retry as RetryFunction)({
      attempt: this.#attempt,
      attemptsInRow,
      error: this.#error(delay === false ? STOP : delay, failure, details),
      status,
      response,
      elapsed,
      lastEventId: this.lastEventId,
      delay,
    });
  }

  #tell(step: number, failure: Failure, details: EventSourceErrorDetails): void {
    if (this.#silent) return;
    if (step < 0) this.#end();
    const error = this.#error(step, failure, details);
    // A function may have decided not to go on with what the server has ended in peace.
    this.#face.failed(error, step === END || error.code === 'stream-ended');
  }

  #error(step: number, { message, code }: Failure, details: EventSourceErrorDetails): EventSourceError {
    const willRetry = step >= 0;
    const more = { attempt: this.#attempt, willRetry, delay: willRetry ? step : undefined };
    return new EventSourceError(code, message, { ...details, ...more });
  }

  /** Whether nothing is to begin now, as nobody would see it. */
  #isPaused(): boolean {
    return this.#init.pauseWhenHidden === true && isHidden();
  }

  /** Waits, also for the page to be seen where that is asked for. What wakes the host cuts it short where it may. */
  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      let due = false;
      const end = (): void => {
        due = true;
        if (this.#isPaused() && !this.#silent) return;
        clearTimeout(timer);
        stopListening();
        resolve();
      };
      const timer = setTimeout(end, this.#anew ? 0 : milliseconds);
      const stopListening = onWake(() => {
        if (due || this.#connection.wakes()) end();
      });
      this.#stop = end;
    });
  }
}
