import type { ParseOptions } from './create-parser.js';
import type { EventSourceError } from './error.js';

/** When to try again. Every time is in milliseconds; what is not given is that of the policy named in brackets. */
export interface RetryOptions {
  /** The backoff after the first attempt of a row [EventSource: 3,000; connect: 1,000]. */
  delay?: number | undefined;
  /** The most that the backoff grows to [30,000]. It limits neither the stream's `retry` nor `Retry-After`. */
  maxDelay?: number | undefined;
  /** What the backoff is multiplied by for each further attempt [2]. */
  factor?: number | undefined;
  /** How much of the backoff is random, from 0 to 1 (full jitter) [1]. */
  jitter?: number | undefined;
  /**
   * How many attempts there may be in a row, the first one included [EventSource: Infinity; connect: 5]. A request that must
   * not be repeated has one: see `resume`.
   */
  maxAttempts?: number | undefined;
  /** How long after the start of a row an attempt may still begin [Infinity]. */
  maxElapsed?: number | undefined;
  /** The statuses that are tried again [EventSource: none; connect: 408, 425, 429, 500, 502, 503, 504]. */
  statuses?: readonly number[] | undefined;
}

/** What a policy that is a function decides on. */
export interface RetryContext {
  /** The number of the attempt that failed, from 1 on. */
  attempt: number;
  /** Which it was in its row: since the first attempt, the last `reconnect()`, or the last stream that has delivered an event. */
  attemptsInRow: number;
  /** What went wrong; `willRetry` and `delay` are those of the default policy. */
  error: EventSourceError;
  /** The HTTP status, where a response came. */
  status: number | undefined;
  /** The response, where one came; `error.body` has the beginning of its body. */
  response: Response | undefined;
  /** How many milliseconds ago the row of attempts began. */
  elapsed: number;
  /** What the next attempt would send as `Last-Event-ID`. */
  lastEventId: string;
  /** How many milliseconds the default policy would wait, `Retry-After` included; `false` where it would give up. */
  delay: number | false;
}

/**
 * Decides on a failure: how many milliseconds to wait (at most 2^31 - 1), or `false` to give up.
 *
 * It is asked after every failure that another attempt can mend, and not after a 204, an abort, or where the body was a stream.
 * Where `resume` forbids to go on with a request that may have been carried out, it is not asked either; a request that was
 * refused, by a status or a content type, it may have sent again even then. What it throws, and anything else that it returns,
 * ends the connection with `'invalid-request'`.
 */
export type RetryFunction = (context: RetryContext) => number | false | Promise<number | false>;

/** A value, or a function that makes one for each attempt (numbered from 1), so that a token can be fresh. */
export type ForAttempt<T> = T | ((attempt: number) => T | Promise<T>);

/** What a connection is made with, beside its URL. */
export interface ConnectInit extends ParseOptions {
  /** The HTTP method; default `'GET'`, or `'POST'` where there is a body. */
  method?: string | undefined;
  /** Request headers. `Accept: text/event-stream` is added where there is none, `Last-Event-ID` when resuming. */
  headers?: ForAttempt<HeadersInit | undefined> | undefined;
  /** The request body. A stream can be sent once, so it is never replayed. */
  body?: ForAttempt<BodyInit | null | undefined> | undefined;
  /** As in `fetch`; default `'same-origin'`, or `'include'` with `withCredentials`. */
  credentials?: RequestCredentials | undefined;
  /** As in `EventSource`: short for `credentials: 'include'`. */
  withCredentials?: boolean | undefined;
  /** As in `fetch`; default `'cors'`. */
  mode?: RequestMode | undefined;
  /** As in `fetch`; default `'no-store'`. */
  cache?: RequestCache | undefined;
  /** As in `fetch`. */
  redirect?: RequestRedirect | undefined;
  /** As in `fetch`. */
  referrer?: string | undefined;
  /** As in `fetch`. */
  referrerPolicy?: ReferrerPolicy | undefined;
  /** As in `fetch`. */
  integrity?: string | undefined;
  /** As in `fetch`. */
  keepalive?: boolean | undefined;
  /** As in `fetch`. */
  priority?: RequestPriority | undefined;
  /**
   * Called instead of the platform's `fetch`, with a `Request` and with what it was made of, its headers as an object. A handler of a
   * Worker will do, and a function that adds something and calls `fetch(request, init)`.
   */
  fetch?: ((request: Request, init: RequestInit) => Response | Promise<Response>) | undefined;
  /** Closes the connection when it aborts, with the error `'aborted'`; null is none, as in `fetch`. */
  signal?: AbortSignal | null | undefined;
  /** When to try again: how the default policy differs, or a function that decides in its place. */
  retry?: RetryOptions | RetryFunction | undefined;
  /**
   * Whether to go on with a stream that has broken off: `'auto'` (the default) reconnects an idempotent method always, and
   * any other, such as POST, only where the server has sent an id; `'always'` and `'never'` say it for both.
   */
  resume?: 'auto' | 'always' | 'never' | undefined;
  /** How many milliseconds a response may take to begin, from 1 on [no limit]; over it the attempt fails: `'connect-timeout'`. */
  connectTimeout?: number | undefined;
  /**
   * How many milliseconds the server may be silent while the stream is read, from 1 on [no limit]; over it the attempt fails:
   * `'idle-timeout'`. Any byte counts, a comment too; the time in which a slow consumer holds the reading does not.
   */
  idleTimeout?: number | undefined;
  /**
   * Whether no stream is read while the page is hidden [false]: it is dropped, without an error, and gone on with from the last
   * event ID when the page is seen again. What `resume` forbids to go on with stays open. Without a page it has no effect.
   */
  pauseWhenHidden?: boolean | undefined;
  /**
   * The tabs and workers of an origin that give the same name share one connection: that of one of them, by its options. When
   * it goes away another takes over from the last event ID, and none misses or repeats an event as long as the server sends
   * ids and resumes by them. URLs have to be the same: else `'invalid-request'`. A slow consumer does not slow the others
   * down: about 1 MB of events is kept for it, and for who joins with a `lastEventId` or returns from the back/forward cache;
   * whoever needs more gets `'gap'`, which ends `connect`. `reconnect()` is for all; `pauseWhenHidden` has no effect. Where there
   * are no Web Locks or no BroadcastChannel, as outside of secure contexts, the connection is not shared. Default: none.
   */
  shareAcrossTabs?: string | undefined;
}

/** What is handed to `fetch` as it is. */
const PASSED = [
  'mode',
  'cache',
  'redirect',
  'referrer',
  'referrerPolicy',
  'integrity',
  'keepalive',
  'priority',
] as const satisfies readonly (keyof ConnectInit & keyof RequestInit)[];

/** Schemes that a `fetch` may know; others fail for good instead of being tried again and again. */
const FETCHABLE = /^(https?|blob|data|file|[a-z-]+-extension):$/;

/**
 * [spec] EventSource constructor, steps 3 and 4: let urlRecord be the result of encoding-parsing a URL given url, relative
 * to settings; if it is failure, then throw a "SyntaxError" DOMException.
 */
export function resolveUrl(url: string | URL): URL {
  const text = String(url);
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  try {
    return new URL(text, base);
  } catch {
    throw new DOMException(`expected a URL, found ${JSON.stringify(text)}`, 'SyntaxError');
  }
}

/** Whether `fetch` can be expected to know the scheme. */
export function isFetchable(url: URL, init: ConnectInit): boolean {
  return init.fetch !== undefined || FETCHABLE.test(url.protocol);
}

/** The method of a request, the default included. */
export function methodOf(init: ConnectInit): string {
  return init.method ?? (init.body === undefined || init.body === null ? 'GET' : 'POST');
}

/** Whether the method is idempotent (RFC 9110, section 9.2.2); those that fetch knows are compared without regard to case. */
export function isIdempotent(init: ConnectInit): boolean {
  return /^(get|head|options|put|delete)$/i.test(methodOf(init)) || methodOf(init) === 'TRACE';
}

/** Whether the body can be sent again: a stream can't. */
export function isReplayable(init: ConnectInit): boolean {
  return !(init.body instanceof ReadableStream);
}

/** The request of one attempt. Throws what `headers` and `body` functions throw. */
export async function makeRequest(init: ConnectInit, attempt: number, lastEventId: string): Promise<RequestInit> {
  const headers = new Headers(typeof init.headers === 'function' ? await init.headers(attempt) : init.headers);
  const body = typeof init.body === 'function' ? await init.body(attempt) : init.body;
  const request: RequestInit & { duplex?: 'half' } = { method: methodOf(init), headers };
  // [spec] Set request's header list: (`Accept`, `text/event-stream`), and (`Last-Event-ID`, lastEventIDValue).
  if (!headers.has('accept')) headers.set('accept', 'text/event-stream');
  if (lastEventId) headers.set('last-event-id', headerValue(lastEventId));
  // [spec] Create a potential-CORS request (mode cors, credentials same-origin or include); set its cache mode to
  // "no-store". A runtime whose Request does not have one of these refuses to be told.
  const defaults = { mode: 'cors', cache: 'no-store' } as const;
  for (const name of ['mode', 'cache'] as const) {
    if (name in Request.prototype) request[name] = defaults[name] as never;
  }
  const credentials = init.credentials ?? (init.withCredentials ? 'include' : 'same-origin');
  if (init.credentials || 'credentials' in Request.prototype) request.credentials = credentials;
  for (const name of PASSED) {
    if (init[name] !== undefined) request[name] = init[name] as never;
  }
  if (body !== undefined && body !== null) {
    request.body = body;
    if (body instanceof ReadableStream) request.duplex = 'half';
  }
  return request;
}

/** An id in the form of a header: one character up to U+00FF for each byte of its UTF-8, which fetch makes bytes of again. */
function headerValue(id: string): string {
  // Where headers are not byte strings, as the Fetch standard says (workerd), they are sent as UTF-8.
  try {
    new Headers([['a', '\u0100']]);
    return id;
  } catch {
    return Array.from(new TextEncoder().encode(id), (byte) => String.fromCharCode(byte)).join('');
  }
}
