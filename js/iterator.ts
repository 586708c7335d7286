import { asyncDispose } from './dispose.js';

/**
 * An async iterator over values that come in batches. A value that is already there costs one resolved promise and no
 * generator frame; a batch is asked for only when the last one is used up, which is what backpressure needs.
 */
export class BatchIterator<T> implements AsyncIterableIterator<T> {
  readonly #pull: () => Promise<readonly T[] | undefined>;
  readonly #cancel: () => unknown;
  #batch: readonly T[] = [];
  #at = 0;
  #lastOfEarlier: T | undefined;
  #done = false;
  /** Calls of `next` that wait for a batch, answered in their order. */
  #waiting = 0;
  #turn!: Promise<IteratorResult<T>>;

  /** `pull` gives the next batch, or `undefined` at the end; `cancel` is called when the consumer leaves early. */
  constructor(pull: () => Promise<readonly T[] | undefined>, cancel: () => unknown) {
    this.#pull = pull;
    this.#cancel = cancel;
  }

  /** The value that was given last. */
  get last(): T | undefined {
    return this.#at > 0 ? this.#batch[this.#at - 1] : this.#lastOfEarlier;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#waiting === 0 && this.#at < this.#batch.length) {
      return Promise.resolve({ done: false, value: this.#batch[this.#at++]! });
    }
    this.#waiting++;
    if (this.#waiting === 1) return (this.#turn = this.#more());
    const more = (): Promise<IteratorResult<T>> => this.#more();
    return (this.#turn = this.#turn.then(more, more));
  }

  async return(): Promise<IteratorResult<T>> {
    if (!this.#done) {
      this.finish();
      await this.#cancel();
    }
    return { done: true, value: undefined };
  }

  async throw(error?: unknown): Promise<IteratorResult<T>> {
    await this.return();
    throw error;
  }

  async [asyncDispose](): Promise<void> {
    await this.return();
  }

  async #more(): Promise<IteratorResult<T>> {
    try {
      while (!this.#done && this.#at >= this.#batch.length) {
        const batch = await this.#pull();
        if (!batch) this.finish();
        else if (!this.#done) this.#set(batch);
      }
      if (this.#done) return { done: true, value: undefined };
      return { done: false, value: this.#batch[this.#at++]! };
    } catch (error) {
      // What fails once the consumer has left is no affair of it any more.
      if (this.#done) return { done: true, value: undefined };
      this.finish();
      throw error;
    } finally {
      this.#waiting--;
    }
  }

  #set(batch: readonly T[]): void {
    this.#lastOfEarlier = this.last;
    this.#batch = batch;
    this.#at = 0;
  }

  /** Gives nothing more, not even what has come. */
  finish(): void {
    this.#done = true;
    this.#set([]);
  }
}
