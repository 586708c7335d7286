import type { EventSourceError } from './error.js';
import type { ServerSentEvent } from './event.js';
import { BatchIterator } from './iterator.js';

type Batch = readonly ServerSentEvent[];

/** An iterator over batches that are handed to it; each holds the reading until the consumer asks for what comes behind it. */
export class Inbox extends BatchIterator<ServerSentEvent> {
  /** A batch that came while nobody waited. */
  #arrived: Batch | undefined;
  /** Lets the reading go on; set while it is held. */
  #release: (() => void) | undefined;
  /** Answers the consumer that waits for a batch. */
  #answer: ((batch: Batch | Promise<never> | undefined) => void) | undefined;
  #ended = false;
  /** Thrown once, when the events before it have been taken. */
  #failure: EventSourceError | undefined;

  /** `leave` is called when the consumer leaves early. */
  constructor(leave: () => void) {
    super(() => this.#pull(), leave);
  }

  deliver(batch: Batch): Promise<void> {
    if (this.#answer) this.#reply(batch);
    else this.#arrived = batch;
    return new Promise((release) => (this.#release = release));
  }

  /** Nothing comes any more; what has come can still be taken, and then the failure is thrown. */
  end(failure?: EventSourceError): void {
    this.#ended = true;
    this.#failure = failure;
    this.#letGo();
    if (this.#answer) this.#reply(this.#last());
  }

  /** Gives nothing more, not even what has come. */
  override finish(): void {
    super.finish();
    this.#arrived = undefined;
    this.end();
  }

  #pull(): Promise<Batch | undefined> {
    const batch = this.#arrived;
    this.#arrived = undefined;
    if (batch) return Promise.resolve(batch);
    this.#letGo();
    if (this.#ended) return Promise.resolve(this.#last());
    return new Promise((answer) => (this.#answer = answer));
  }

  #last(): Promise<never> | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure && Promise.reject(failure);
  }

  #reply(batch: Batch | Promise<never> | undefined): void {
    this.#answer?.(batch);
    this.#answer = undefined;
  }

  #letGo(): void {
    this.#release?.();
    this.#release = undefined;
  }
}
