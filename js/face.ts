import type { EventSourceError } from './error.js';
import type { ServerSentEvent } from './event.js';

/** A face of the client: what it does with what happens. Nothing is called after the close. */
export interface Face {
  opened(response: Response): void;
  /** Takes a batch; the promise it may return holds the reading, which is the backpressure. */
  deliver(batch: readonly ServerSentEvent[]): void | Promise<void>;
  /** `quiet` where the server has ended the stream in peace. */
  failed(error: EventSourceError, quiet: boolean): void;
}
