/** One response that is being written: a pull source over the outbox. */
import { serverEngine } from './engine.js';
import { EventSourceError } from './error.js';
import { type EventInit, frameWriter, Outbox } from './frames.js';

/** Why a stream has ended. */
export interface CloseReason {
  /**
   * `'closed'`: the handler called `close`; `'completed'`: the producer is through; `'failed'`: the producer failed;
   * `'cancelled'`: the reader left; `'aborted'`: the request's signal aborted.
   */
  readonly code: 'closed' | 'completed' | 'failed' | 'cancelled' | 'aborted';
  /** What was passed to `close`, what the producer threw, or what the runtime says of the reader. */
  readonly cause?: unknown;
}

/** What a producer writes to. */
export interface ServerStream {
  /**
   * Sends an event. The promise resolves when there is room for another, so that a loop that awaits it never runs ahead of
   * its reader. Frames that are sent in one turn leave as one chunk.
   *
   * @throws EventSourceError `'invalid-event'`, `'invalid-id'` or `'invalid-retry'` before a byte is written; `'closed'`
   * when the stream has ended (which need not be caught).
   */
  send(event: EventInit): Promise<void>;
  /** Sends a comment, which no reader sees. */
  comment(text?: string): Promise<void>;
  /** Lets what was sent in this turn leave now instead of at its end. */
  flush(): void;
  /** Ends the stream once the reader has what was sent. */
  close(cause?: unknown): void;
  /** Aborts when the stream has ended, whatever the reason. */
  readonly signal: AbortSignal;
  /** Where the reader wants to go on: the `Last-Event-ID` header, or the `lastEventId` query parameter; else empty. */
  readonly lastEventId: string;
  /** Resolves once, when the stream has ended, with the reason. */
  readonly closed: Promise<CloseReason>;
  /** How many bytes the reader has not taken. */
  readonly bufferedBytes: number;
}

/** What {@link StreamWriter} needs of the options, all decided. */
export interface WriterInit {
  lastEventId: string;
  heartbeat: number;
  maxBuffer: number;
  retry: number | undefined;
}

export const DONE = Promise.resolve();
/** A loop with `await send()` sends again after one microtask, one over an async iterable after three. */
const LOOKS = 6;

export class StreamWriter implements ServerStream {
  readonly lastEventId: string;
  readonly closed: Promise<CloseReason>;
  readonly body: ReadableStream<Uint8Array>;
  /** Given back when the last byte has left. */
  #outbox: Outbox | undefined;
  /** Made for who asks for it: the error that it aborts with was a tenth of what a short stream costs. */
  #abort: AbortController | undefined;
  /** Twice a heartbeat period; also what makes a runtime notice that the reader has left. */
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  /** Answers the reader's pull; set while it waits for bytes. */
  #pulled: (() => void) | undefined;
  /** Producers that wait for room. */
  #waiting: (() => void)[] = [];
  /** A chunk leaves as soon as nothing more is sent in this turn. */
  #due = false;
  /** Looks in which nothing was sent. */
  #idleLooks = 0;
  #reason: CloseReason | undefined;
  #resolveClosed!: (reason: CloseReason) => void;

  constructor(init: WriterInit) {
    this.lastEventId = init.lastEventId;
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#outbox = new Outbox(init.maxBuffer);
    // The first bytes leave at once, so that the reader knows that it is connected.
    frameWriter().write(this.#outbox, [init.retry === undefined ? { comment: '' } : { retry: init.retry }]);
    // A pull source without a queue of its own: what waits is in the outbox, where it is bounded and coalesced.
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#pull(),
        cancel: (cause) => {
          this.end({ code: 'cancelled', cause });
          // A reader may leave also while what was sent before the end is still waiting for it.
          this.#release();
        },
      },
      { highWaterMark: 0 },
    );
    if (init.heartbeat > 0) this.#heartbeat = setInterval(() => this.#tick(), init.heartbeat / 2);
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      if (this.#reason) this.#abortWith(this.#reason);
    }
    return this.#abort.signal;
  }

  /** Whether the stream has ended, for the reason that `closed` tells. */
  get ended(): boolean {
    return this.#reason !== undefined;
  }

  get bufferedBytes(): number {
    return this.#outbox?.length ?? 0;
  }

  send(event: EventInit): Promise<void> {
    const outbox = this.#outbox;
    if (this.#reason || !outbox) return this.#refuse(this.#reason);
    try {
      frameWriter().write(outbox, [event]);
    } catch (error) {
      return Promise.reject(error);
    }
    // A `toJSON` may have closed it.
    if (outbox.freed || this.#reason) return this.#refuse(this.#reason);
    this.#idleLooks = 0;
    if (this.#pulled) this.#schedule();
    if (outbox.hasRoom) return DONE;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  comment(text = ''): Promise<void> {
    return this.send({ comment: text });
  }

  flush(): void {
    this.#due = false;
    const pulled = this.#pulled;
    if (!pulled || !this.bufferedBytes) return;
    this.#pulled = undefined;
    this.#hand();
    pulled();
  }

  close(cause?: unknown): void {
    this.end(cause === undefined ? { code: 'closed' } : { code: 'closed', cause });
  }

  /** Ends the stream, once: the first reason counts. */
  end(reason: CloseReason): void {
    if (this.#reason) return;
    this.#reason = reason;
    clearInterval(this.#heartbeat);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
    if (reason.code === 'cancelled') {
      this.#release();
    } else if (reason.code === 'aborted') {
      this.#controller.error(readerError(reason));
      this.#release();
    } else {
      // What was sent before may still be read.
      this.flush();
      if (!this.bufferedBytes) this.#finish();
    }
    this.#abortWith(reason);
    this.#resolveClosed(reason);
  }

  #abortWith(reason: CloseReason): void {
    this.#abort?.abort(new EventSourceError('closed', closedMessage(reason), { cause: reason.cause }));
  }

  /**
   * A producer that awaits `send` goes on a few microtasks later, and may then send more: looked after as long as it does,
   * all of it leaves as one chunk. No I/O can come in between, so no event waits for it. (On Node, 200 events had left as
   * 199 chunks.)
   */
  #schedule(): void {
    if (this.#due) return;
    this.#due = true;
    void DONE.then(this.#look);
  }

  readonly #look = (): void => {
    if (!this.#due) return;
    if (this.#idleLooks++ < LOOKS && this.#outbox?.hasRoom) void DONE.then(this.#look);
    else this.flush();
  };

  #pull(): Promise<void> | void {
    if (this.#reason && this.bufferedBytes) {
      this.#hand();
      return;
    }
    this.#idleLooks = 0;
    if (this.bufferedBytes) this.#schedule();
    return new Promise((resolve) => (this.#pulled = resolve));
  }

  /** Hands all that waits to the reader as one chunk. */
  #hand(): void {
    this.#controller.enqueue(frameWriter().take(this.#outbox!));
    if (this.#reason) {
      this.#finish();
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** The last byte has been handed over. */
  #finish(): void {
    if (!this.#outbox) return;
    if (this.#reason?.code === 'failed') this.#controller.error(readerError(this.#reason));
    else this.#controller.close();
    this.#release();
  }

  #release(): void {
    this.#pulled?.();
    this.#pulled = undefined;
    this.#outbox?.free();
    this.#outbox = undefined;
  }

  #tick(): void {
    if (this.#outbox && serverEngine.tick(this.#outbox.number) && this.#pulled) void this.comment();
  }

  /** A producer that goes on after the reader has left is told so; one that does not look is not punished for it. */
  #refuse(reason: CloseReason = { code: 'closed' }): Promise<never> {
    const refused = Promise.reject(new EventSourceError('closed', closedMessage(reason), { cause: reason.cause }));
    refused.catch(() => undefined);
    return refused;
  }
}

function closedMessage(reason: CloseReason): string {
  return `expected an open stream, found it ended (${reason.code})`;
}

/** What the runtime is told: that the body is broken off, and nothing of the handler's own error. */
function readerError(reason: CloseReason): Error {
  return new Error(`the event stream was broken off (${reason.code})`);
}
