/** One response that is being written: a pull source over the outbox. */
import { serverEngine } from './engine.js';
import { EventSourceError } from './error.js';
import type { EventInit } from './event-init.js';
import { frameWriter } from './frames.js';
import { type Keys, Outbox, type Overflow } from './outbox.js';
import { BROKEN_OFF, type CloseReason, type ServerStream } from './server-stream.js';
import { DONE, Turn } from './turn.js';

/** The longest timer there is; a longer one would fire at once. */
export const MAX_TIMER = 2 ** 31 - 1;
/** The reconnection time that a farewell is spread around where the stream has none, in milliseconds. */
const DEFAULT_RETRY = 2000;
/** A frame that is relayed may be so large, as an event may that is read. */
const MAX_FRAME = 16 * 1024 * 1024;

/**
 * So many bytes wait for no reader, whatever the policy, as those of a producer that does not wait: memory that has run out would
 * end every stream of the page.
 */
const MOST = 256 * 1024 * 1024;

/** What {@link StreamWriter} needs of the options, all decided. */
export interface WriterInit {
  lastEventId: string;
  heartbeat: number;
  maxBuffer: number;
  overflow: Overflow;
  retry: number | undefined;
  /** When it ends, by `Date.now()`. */
  deadline: number | undefined;
  /** The numbers of the keys of what is shared with it. */
  keys: Keys | undefined;
}

/** Where more comes from when all that was sent has left, and who is told of the end. */
export interface Refill {
  /** The reader waits, and nothing is there for it. */
  more(): void;
  /** What keeps a silent stream open. */
  heartbeat(): EventInit;
  // These two are calls and not promises: in workerd, a promise that was made in a request that is over never settles, and a reader's
  // request may be over without a word.
  /** The stream has ended. */
  ended(): void;
  /** Nothing of it is left: what was sent has left, too, or was given up. */
  released(): void;
}

export class StreamWriter implements ServerStream {
  readonly lastEventId: string;
  readonly closed: Promise<CloseReason>;
  readonly body: ReadableStream<Uint8Array>;
  refill: Refill | undefined;
  readonly #outbox: Outbox;
  readonly #retry: number;
  /** Made for who asks for it: the error that it aborts with was a tenth of what a short stream costs. */
  #abort: AbortController | undefined;
  /** Twice a heartbeat period; also what makes a runtime notice that the reader has left. */
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  /** Answers the reader's pull; set while it waits for bytes. */
  #pulled: (() => void) | undefined;
  /** On its way to the reader that has pulled. */
  #chunk: Uint8Array | undefined;
  /** Producers that wait for room. */
  #waiting: (() => void)[] = [];
  readonly #turn = new Turn(
    () => this.flush(),
    () => !this.#outbox.hasRoom,
  );
  #reason: CloseReason | undefined;
  #resolveClosed!: (reason: CloseReason) => void;
  /** What the outbox has counted, once that is given back. */
  #counts: { sent: number; dropped: number } | undefined;

  constructor(init: WriterInit) {
    this.lastEventId = init.lastEventId;
    this.#retry = init.retry ?? DEFAULT_RETRY;
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#outbox = new Outbox(init.maxBuffer, init.overflow, init.keys);
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
    if (init.deadline !== undefined) this.#wait(init.deadline);
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
    return this.#outbox.length;
  }

  get sent(): number {
    return this.#counts?.sent ?? serverEngine.sent(this.#outbox.number);
  }

  get dropped(): number {
    return this.#counts?.dropped ?? serverEngine.dropped(this.#outbox.number);
  }

  send(event: EventInit): Promise<void> {
    if (this.#reason) return this.#refuse(this.#reason);
    try {
      frameWriter().write(this.#outbox, [event]);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#wrote();
  }

  comment(text = ''): Promise<void> {
    return this.send({ comment: text });
  }

  /** Hands on bytes of an event stream; whole frames leave. What is no whole frame at the end is what a reader discards. */
  relay(bytes: Uint8Array): Promise<void> {
    if (this.#reason) return this.#refuse(this.#reason);
    const pending = frameWriter().relay(this.#outbox, bytes);
    if (pending > MAX_FRAME) {
      const message = `expected an event of at most ${MAX_FRAME} bytes, found a larger one`;
      return Promise.reject(new EventSourceError('event-too-large', message));
    }
    return this.#wrote();
  }

  /** Sends events of a channel. */
  share(channel: number, from: number, count: number): void {
    if (this.#reason) return;
    frameWriter().share(channel, this.#outbox, from, count);
    void this.#wrote();
  }

  /** Hands over a chunk that many readers share, to one that waits for it. False where it does not. */
  offer(chunk: Uint8Array, events: number): boolean {
    if (!this.#pulled || this.#outbox.length || this.#reason) return false;
    serverEngine.passed(this.#outbox.number, events);
    this.#hand(chunk);
    return true;
  }

  /** There may be more where `refill` has it from. */
  wake(): void {
    if (!this.#pulled) return;
    if (this.#outbox.length) this.#turn.touch();
    else this.refill?.more();
  }

  flush(): void {
    this.#turn.cancel();
    if (this.#pulled && this.#outbox.length) this.#hand(this.#take());
  }

  close(cause?: unknown): void {
    this.end(cause === undefined ? { code: 'closed' } : { code: 'closed', cause });
  }

  /** Ends the stream and tells the reader to come back at a time of its own, so that not all readers come at once. */
  sendAway(code: 'deadline' | 'drained'): void {
    this.leave({ retry: Math.round(this.#retry * (0.5 + Math.random())) }, { code });
  }

  /** Ends the stream with a last word, for which nobody is cut who has no room for it. */
  leave(word: EventInit, reason: CloseReason): void {
    if (this.#reason) return;
    frameWriter().write(this.#outbox, [word]);
    this.end(reason);
  }

  /** Gives up what has not left, of a stream that has ended. */
  cut(): void {
    if (this.#reason && !this.#counts) this.#break(this.#reason);
  }

  /** Ends the stream, once: the first reason counts. */
  end(reason: CloseReason): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#outbox.ended = true;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#deadline);
    this.#letGo();
    if (reason.code === 'cancelled') {
      this.#release();
    } else if (reason.code === 'aborted') {
      // A server that has aborted the request is about to cancel the body: one that fails before that would be reported by it.
      this.#release();
      setTimeout(() => this.#controller.error(readerError(reason)));
    } else if (reason.code === 'slow-consumer') {
      this.#break(reason);
    } else if (this.#pulled) {
      this.#hand(this.#outbox.length ? this.#take() : undefined);
    } else if (!this.#outbox.length && !this.#chunk) {
      this.#finish();
    }
    this.refill?.ended();
    this.#abortWith(reason);
    this.#resolveClosed(reason);
  }

  #break(reason: CloseReason): void {
    this.#controller.error(readerError(reason));
    this.#release();
  }

  #abortWith(reason: CloseReason): void {
    this.#abort?.abort(new EventSourceError('closed', closedMessage(reason), { cause: reason.cause }));
  }

  /** The outbox has been written to. */
  #wrote(): Promise<void> {
    const outbox = this.#outbox;
    // A `toJSON` may have closed it.
    if (this.#reason) return this.#refuse(this.#reason);
    if (outbox.overflowed || outbox.length > MOST) {
      this.end({ code: 'slow-consumer' });
      return this.#refuse(this.#reason);
    }
    if (this.#pulled) this.#turn.touch();
    if (outbox.hasRoom) return DONE;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #pull(): Promise<void> | void {
    // It is broken off in a moment.
    if (this.#counts) return;
    if (this.#reason) {
      if (this.#outbox.length) this.#controller.enqueue(this.#take());
      return this.#finish();
    }
    const pulled = new Promise<void>((resolve) => (this.#pulled = resolve));
    this.wake();
    // What goes to the reader goes in the reader's own request: whoever has sent it may belong to another, which must not.
    return pulled.then(this.#deliver);
  }

  /** Answers the reader's pull. */
  #hand(chunk: Uint8Array | undefined): void {
    this.#chunk = chunk;
    const pulled = this.#pulled;
    this.#pulled = undefined;
    pulled?.();
  }

  readonly #deliver = (): void => {
    const chunk = this.#chunk;
    this.#chunk = undefined;
    if (this.#counts) return;
    if (chunk) this.#controller.enqueue(chunk);
    // What was sent while the chunk was on its way leaves with the next pull.
    if (this.#reason && !this.#outbox.length) this.#finish();
  };

  #take(): Uint8Array {
    const chunk = frameWriter().take(this.#outbox);
    this.#letGo();
    return chunk;
  }

  /** Producers that have waited for room go on. */
  #letGo(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** The last byte has been handed over. */
  #finish(): void {
    if (this.#counts) return;
    if (this.#reason?.code === 'failed') this.#controller.error(readerError(this.#reason));
    else this.#controller.close();
    this.#release();
  }

  #release(): void {
    const { number } = this.#outbox;
    if (this.#counts) return;
    serverEngine.abandon(number);
    this.#counts = { sent: serverEngine.sent(number), dropped: serverEngine.dropped(number) };
    this.#outbox.free();
    this.#hand(undefined);
    this.refill?.released();
  }

  #tick(): void {
    if (!this.#pulled || !serverEngine.tick(this.#outbox.number)) return;
    void this.send(this.refill?.heartbeat() ?? { comment: '' });
  }

  /** Waits for the deadline, which may be further away than a timer goes. */
  #wait(deadline: number): void {
    const left = deadline - Date.now();
    if (left > 0) this.#deadline = setTimeout(() => this.#wait(deadline), Math.min(left, MAX_TIMER));
    else this.sendAway('deadline');
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
  return Object.assign(new Error(`the event stream was broken off (${reason.code})`), { name: BROKEN_OFF });
}
