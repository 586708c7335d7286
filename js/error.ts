/** What an {@link EventSourceError} is about; stable, to be compared with. */
export type EventSourceErrorCode =
  /** The request failed or the body broke off: unreachable host, reset, refused by CORS. */
  | 'network'
  /** The body ended; the standard reconnects. */
  | 'stream-ended'
  /** The response has a status that neither opens the stream nor is retried. */
  | 'http-status'
  /** The response is not `text/event-stream`. */
  | 'content-type'
  /** No response came within `connectTimeout`. */
  | 'connect-timeout'
  /** The stream was silent for `idleTimeout`. */
  | 'idle-timeout'
  /** An event is larger than `maxEventSize`, or one that is sent has more than 64 Mi characters. */
  | 'event-too-large'
  /** Data is not what a `schema` allows, or not base64; `cause` is the list of the schema's issues, or what was thrown. */
  | 'invalid-data'
  /** The policy's attempts or its time are used up; the message names the last failure, and `cause` is what caused that. */
  | 'retries-exhausted'
  /** The request cannot be sent again: its body is a stream, or the tab that sent it for all has gone and `resume` forbids it. */
  | 'no-replay'
  /** The caller's signal aborted; `cause` is its reason. */
  | 'aborted'
  /** A tab that shares a connection has missed events that are no longer kept for it. */
  | 'gap'
  /** The URL cannot be fetched. */
  | 'invalid-url'
  /**
   * The request cannot be made, or a function among the options failed, and `cause` is what was thrown; or the connection that
   * is to be shared has another URL.
   */
  | 'invalid-request'
  /** An `event` on the writing side has CR or LF. */
  | 'invalid-event'
  /** An `id` on the writing side has CR, LF or NUL. */
  | 'invalid-id'
  /** A `retry` on the writing side is not a whole number of milliseconds. */
  | 'invalid-retry'
  /** The stream that was written to has ended. */
  | 'closed';

/** What is known beyond code and message. */
export interface EventSourceErrorDetails {
  /** The HTTP status, where a response came. */
  status?: number | undefined;
  /** The response, where one came; its body may have been read. */
  response?: Response | undefined;
  /** Up to 64 KiB of the body of a refused response, as text. */
  body?: string | undefined;
  /** Which attempt of the connection failed, from 1 on. */
  attempt?: number | undefined;
  /** Whether another attempt follows. */
  willRetry?: boolean | undefined;
  /** In how many milliseconds it follows. */
  delay?: number | undefined;
  /** What caused it. */
  cause?: unknown;
}

/** The one error of this package: a stable `code`, a message of the form "expected X, found Y", and what is known. */
export class EventSourceError extends Error {
  override readonly name = 'EventSourceError';
  /** What it is about. */
  declare readonly code: EventSourceErrorCode;
  /** The HTTP status, where a response came. */
  declare readonly status: number | undefined;
  /** The response, where one came; its body may have been read. */
  declare readonly response: Response | undefined;
  /** Up to 64 KiB of the body of a refused response, as text. */
  declare readonly body: string | undefined;
  /** Which attempt of the connection failed, from 1 on. */
  declare readonly attempt: number | undefined;
  /** Whether another attempt follows. */
  declare readonly willRetry: boolean;
  /** In how many milliseconds it follows. */
  declare readonly delay: number | undefined;

  constructor(code: EventSourceErrorCode, message: string, details: EventSourceErrorDetails = {}) {
    const { cause, ...known } = details;
    super(message, cause === undefined ? undefined : { cause });
    Object.assign(this, { code, willRetry: false }, known);
  }
}
