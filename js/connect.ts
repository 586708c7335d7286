import { asyncDispose } from './dispose.js';
import { Driver } from './driver.js';
import type { EventSourceError } from './error.js';
import type { ServerSentEvent } from './event.js';
import { type EventIterator, Inbox } from './inbox.js';
import { BatchIterator } from './iterator.js';
import { type ConnectInit, resolveUrl } from './options.js';
import { type EventOf, type EventSchema, type ReadOptions, refine } from './schema.js';

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
  readonly #inbox: Inbox;
  readonly #iterator: BatchIterator<E>;
  #response: Response | undefined;

  /** @internal */
  constructor(
    url: URL,
    init: ConnectInit & ReadOptions<EventSchema | undefined>,
    resolve: (stream: EventStream<E>) => void,
    reject: (error: EventSourceError) => void,
  ) {
    const inbox = (this.#inbox = new Inbox(() => this.close()));
    // At a sentinel the events before it are still to be given.
    const close = (): void => {
      this.#driver.close();
      inbox.finish();
    };
    this.#iterator = new BatchIterator(
      refine(() => inbox.pull(), init, close) as () => Promise<readonly E[] | undefined>,
      () => this.close(),
    );
    const face = {
      opened: (response: Response) => {
        this.#response = response;
        resolve(this);
      },
      deliver: (batch: readonly ServerSentEvent[]) => inbox.deliver(batch),
      failed: (error: EventSourceError, quiet: boolean) => {
        if (error.willRetry) return;
        inbox.end(!quiet && this.#response ? error : undefined);
        this.#response ??= error.response;
        if (quiet) resolve(this);
        // Of no effect once the promise is resolved.
        else reject(error);
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

  /**
   * Drops the connection, or cuts the wait for the next one short, and connects again at once from the last event ID, with a new
   * row of attempts; what has been read already is taken first. Of no effect once it is closed, or where the body was a stream.
   */
  reconnect(): void {
    this.#driver.reconnect();
  }

  /** Closes the connection; the iteration ends, without the events that have not been taken. */
  close(): void {
    this.#driver.close();
    this.#inbox.finish();
    this.#iterator.finish();
  }

  /** Closes the connection, at the end of a block with `await using`. */
  [asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  [Symbol.asyncIterator](): EventIterator<E> {
    return this.#iterator;
  }
}
