/** What a handler sees of a response that is being written. */
import type { EventInit } from './event-init.js';

/** Why a stream has ended. */
export interface CloseReason {
  /**
   * `'closed'`: the handler called `close`, or its channel's; `'completed'`: the producer is through; `'failed'`: the producer
   * failed; `'cancelled'`: the reader left; `'aborted'`: the request's signal aborted; `'deadline'`: `maxDuration` is over;
   * `'slow-consumer'`: the reader did not keep up, and the policy is to disconnect it; `'drained'`: the channel was drained.
   */
  readonly code: 'closed' | 'completed' | 'failed' | 'cancelled' | 'aborted' | 'deadline' | 'slow-consumer' | 'drained';
  /** What was passed to `close`, what the producer threw, or what the runtime says of the reader. */
  readonly cause?: unknown;
}

/** What a producer writes to. */
export interface ServerStream {
  /**
   * Sends an event. The promise resolves when there is room for another, so that a loop that awaits it never runs ahead of
   * its reader; with an overflow policy other than `'wait'` there always is. Frames that are sent in one turn leave as one chunk.
   *
   * @throws EventSourceError `'invalid-event'`, `'invalid-id'`, `'invalid-retry'` or, for one of more than 64 Mi characters,
   * `'event-too-large'` before a byte is written; `'closed'` when the stream has ended (which need not be caught).
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
  /** How many events have left. An event is what has data: a comment, or an id alone, is not counted. */
  readonly sent: number;
  /** How many events were dropped by the overflow policy, or waited for a reader that left. */
  readonly dropped: number;
}

/** The name of the error that a body ends with which was broken off: its handler has been told why. */
export const BROKEN_OFF = 'BrokenOffError';
