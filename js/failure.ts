/** What makes an attempt fail, and how it is told: as by src/failure.rs, from where the texts were 0.5 KB gzip more. */
import type { EventSourceErrorCode } from './error.js';

// The numbers up to `TOO_LARGE` are those of src/web/connection.rs.
export const NETWORK = 0;
export const STREAM_ENDED = 1;
export const REQUEST = 2;
export const ABORTED = 3;
export const INVALID_URL = 4;
export const CONNECT_TIMEOUT = 5;
export const IDLE_TIMEOUT = 6;
/** The caller's function has not decided. */
export const DECISION = 7;
export const TOO_LARGE = 8;
export const STATUS = 9;
export const CONTENT_TYPE = 10;

/** Code and message; `$` is a number, or what was found. */
type Text = readonly [code: EventSourceErrorCode, message: string];

const CAUSES: readonly Text[] = [
  ['network', 'an event stream, found a network error'],
  ['stream-ended', 'a stream that stays open, found its end'],
  ['invalid-request', 'headers and a body to send, found an error in making them'],
  ['aborted', 'a signal that is not aborted, found an aborted one'],
  ['invalid-url', 'a URL that can be fetched, found $'],
  ['connect-timeout', 'a response within $ ms, found none'],
  ['idle-timeout', 'bytes within $ ms, found none'],
  ['invalid-request', 'a retry function to give milliseconds or false, found neither'],
  ['event-too-large', 'an event of at most $ bytes, found a larger one'],
  ['http-status', 'status 200, found $'],
  ['content-type', 'content type text/event-stream, found $'],
];

/** Why there is no further attempt although the cause would have allowed one, which is said behind it. */
const REFUSALS: readonly (Text | undefined)[] = [
  undefined,
  ['retries-exhausted', 'an attempt to succeed, found $ in a row to fail: '],
  ['no-replay', 'a body that can be sent again, found a stream: '],
];

/** The failure of an attempt, and what follows from it by the policy. */
export interface Failure {
  readonly code: EventSourceErrorCode;
  readonly message: string;
  readonly attemptsInRow: number;
  /** How many milliseconds ago the row of attempts began. */
  readonly elapsed: number;
  /** How many milliseconds there are to the next attempt, negative where there is none. */
  readonly delay: number;
}

/** `told` is what the connection tells: the number of the refusal, the attempts in a row, and the two times. */
export function failureOf(cause: number, found: unknown, told: Float64Array): Failure {
  const [number, attemptsInRow, elapsed, delay] = told as unknown as [number, number, number, number];
  const text = CAUSES[cause]!;
  const refusal = REFUSALS[number];
  const message = (refusal ? say(refusal, attemptsInRow) : '') + say(text, found);
  return { code: (refusal ?? text)[0], message, attemptsInRow, elapsed, delay };
}

function say([, text]: Text, found: unknown): string {
  return `expected ${text.replace('$', () => String(found))}`;
}
