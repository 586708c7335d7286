import { Driver } from './driver.js';
import type { EventSourceError } from './error.js';
import type { ServerSentEvent } from './event.js';
import { BatchIterator } from './iterator.js';
import { type ConnectInit, resolveUrl } from './options.js';
import { type EventOf, type EventSchema, type ReadOptions, refinePush } from './schema.js';

/**
 * Connects, and resolves once the response is known to be an event stream. Until then, and whenever the stream breaks off
 * later, it tries again by the `retry` policy.
 *
 * @throws EventSourceError when it gives up before the stream has opened; `SyntaxError` when the URL does not parse.
 * @example
 * const stream = await connect('/chat', { method: 'POST', body: JSON.stringify({ prompt }) });
 * for await (const event of stream) {
 *   if (event.data === '[DONE]') break; // closes the connection
 *   show(event.json());
 * }
 */
export async function connect<const S extends EventSchema | undefined = undefined>(
  url: string | URL,
  init: ConnectInit & ReadOptions<S> = {},
): Promise<EventStream<EventOf<S>>> {
  const resolved = resolveUrl(url);
  return new Promise((resolve, reject) => new EventStream<EventOf<S>>(resolved, init, resolve, reject));
}

/**
 * The events of a connection that reconnects: an async iterable for one consumer.
 *
 * A consumer that is slow slows the reading down: no more is read until it has taken what there is. Leaving the loop closes
 * the connection. The iteration ends when the server has ended the stream for good (204, or an end that is not to be
 * resumed), and throws an {@link EventSourceError} when the connection is given up.
 */
export class EventStream<E extends ServerSentEvent = ServerSentEvent> implements AsyncIterable<E> {
  readonly #driver: Driver;
  readonly #iterator: BatchIterator<E>;
  #response: Response | undefined;
  /** A batch that came while nobody waited. */
  #arrived: readonly E[] | undefined;
  /** Lets the reading go on; set while it is held. */
  #release: (() => void) | undefined;
  /** The consumer that waits for a batch. */
  #wanted: ReturnType<typeof deferred<readonly E[] | undefined>> | undefined;
  #ended = false;
  /** Thrown once, when the events before it have been taken. */
  #failure: EventSourceError | undefined;

  /** @internal */
  constructor(
    url: URL,
    init: ConnectInit & ReadOptions<EventSchema | undefined>,
    resolve: (stream: EventStream<E>) => void,
    reject: (error: EventSourceError) => void,
  ) {
    this.#iterator = new BatchIterator(
      () => this.#pull(),
      () => this.close(),
    );
    const deliver = (batch: readonly ServerSentEvent[]): Promise<void> | undefined =>
      this.#driver.readyState === 2 ? undefined : this.#deliver(batch as readonly E[]);
    const end = (failure: EventSourceError | undefined): void => {
      if (this.#driver.readyState === 2) return;
      this.#failure = failure;
      this.#driver.close();
      this.#end();
    };
    const face = {
      opened: (response: Response) => {
        this.#response = response;
        resolve(this);
      },
      deliver: refinePush(init, deliver, end),
      failed: (error: EventSourceError, quiet: boolean) => {
        if (error.willRetry) return;
        if (!quiet && this.#response) this.#failure = error;
        this.#response ??= error.response;
        if (quiet) resolve(this);
        // Of no effect once the promise is resolved.
        else reject(error);
        this.#end();
      },
    };
    this.#driver = new Driver(url, init, face, true);
    this.#driver.start();
  }

  /** The response of the latest attempt that opened. */
  get response(): Response | undefined {
    return this.#response;
  }

  /** The last event ID, as of the last event that the consumer took: another connection can go on from there. */
  get lastEventId(): string {
    return this.#iterator.last?.lastEventId ?? this.#driver.initialLastEventId;
  }

  /** Closes the connection; the iteration ends, without the events that have not been taken. */
  close(): void {
    this.#driver.close();
    this.#arrived = undefined;
    this.#iterator.finish();
    this.#end();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<E> {
    return this.#iterator;
  }

  #deliver(batch: readonly E[]): Promise<void> {
    if (this.#wanted) {
      this.#wanted.resolve(batch);
      this.#wanted = undefined;
    } else {
      this.#arrived = batch;
    }
    return new Promise((resolve) => (this.#release = resolve));
  }

  #pull(): Promise<readonly E[] | undefined> {
    const batch = this.#arrived;
    if (batch) {
      this.#arrived = undefined;
      return Promise.resolve(batch);
    }
    this.#release?.();
    this.#release = undefined;
    if (this.#failure) {
      const failure = this.#failure;
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    if (this.#ended) return Promise.resolve(undefined);
    this.#wanted = deferred();
    return this.#wanted.promise;
  }

  #end(): void {
    this.#ended = true;
    this.#release?.();
    this.#release = undefined;
    if (this.#failure && this.#wanted) {
      this.#wanted.reject(this.#failure);
      this.#failure = undefined;
    } else {
      this.#wanted?.resolve(undefined);
    }
    this.#wanted = undefined;
  }
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}
