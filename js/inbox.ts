import { asyncDispose } from './dispose.js';
import type { EventSourceError } from './error.js';
import type { ServerSentEvent } from './event.js';

type Result = IteratorResult<ServerSentEvent, undefined>;

/** The events of a connection, for one consumer; leaving it closes the connection. */
export type EventIterator<E extends ServerSentEvent = ServerSentEvent> = AsyncIterableIterator<E> & AsyncDisposable;

/** An iterator over batches that are handed to it; each holds the reading until the consumer asks for what comes behind it. */
export class Inbox implements EventIterator {
  readonly #leave: () => void;
  #batch: readonly ServerSentEvent[] = [];
  #at = 0;
  /** Calls of `next` that wait for an event, answered in their order. */
  readonly #waiting: [resolve: (result: Result) => void, reject: (error: unknown) => void][] = [];
  /** Lets the reading go on; set while it is held. */
  #release: (() => void) | undefined;
  #ended = false;
  /** Thrown once, when the events before it have been taken. */
  #failure: EventSourceError | undefined;

  /** `leave` is called when the consumer leaves early. */
  constructor(leave: () => void) {
    this.#leave = leave;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    // What is there already costs one resolved promise.
    if (this.#at < this.#batch.length) return Promise.resolve(this.#take());
    return new Promise((...waiting) => {
      this.#waiting.push(waiting);
      this.#serve();
    });
  }

  /** All that has come, or is next to come; `undefined` at the end. */
  async pull(): Promise<readonly ServerSentEvent[] | undefined> {
    if ((await this.next()).done) return undefined;
    // Whole, as nearly always, it is not copied.
    const batch = this.#at === 1 ? this.#batch : this.#batch.slice(this.#at - 1);
    this.#at = this.#batch.length;
    return batch;
  }

  return(): Promise<Result> {
    this.#leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  async [asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Takes a batch, when the one before it is used up. */
  deliver(batch: readonly ServerSentEvent[]): Promise<void> {
    return new Promise((release) => {
      this.#batch = batch;
      this.#at = 0;
      this.#release = release;
      this.#serve();
    });
  }

  /** Nothing comes any more; what has come can still be taken, and then the failure is thrown. */
  end(failure?: EventSourceError): void {
    this.#ended = true;
    this.#failure = failure;
    this.#release?.();
    this.#serve();
  }

  /** Gives nothing more, not even what has come. */
  finish(): void {
    this.#batch = [];
    this.end();
  }

  #take(): Result {
    return { done: false, value: this.#batch[this.#at++]! };
  }

  #serve(): void {
    while (this.#waiting.length) {
      const isThere = this.#at < this.#batch.length;
      if (!isThere && !this.#ended) return this.#release?.();
      const [resolve, reject] = this.#waiting.shift()!;
      if (isThere) resolve(this.#take());
      else if (this.#failure) reject(this.#failure);
      else resolve({ done: true, value: undefined });
      if (!isThere) this.#failure = undefined;
    }
  }
}
