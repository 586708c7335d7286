import { addCors, type Cors, cors } from './cors.js';

/** What {@link noMoreEvents} takes. */
export interface NoMoreEventsInit {
  /** Further headers of the response. */
  headers?: HeadersInit | undefined;
  /** Which pages of other origins may know: one that cannot read the response comes back. Needs the `request`. */
  cors?: Cors | undefined;
  /** What is answered; `cors` goes by its `Origin`. */
  request?: Request | undefined;
}

/**
 * The answer that tells a reader for good not to come back: for a finished job, say, when a reader returns that has seen its last
 * event. It has the status 204, and no cache may keep it.
 *
 * @throws TypeError or RangeError when an option is not what it should be.
 * @example
 * if (job.done && lastEventId(request) === job.lastId) return noMoreEvents();
 */
export function noMoreEvents(init: NoMoreEventsInit = {}): Response {
  const headers = new Headers(init.headers);
  headers.set('cache-control', 'no-store');
  if (init.cors !== undefined) {
    if (!init.request) throw new TypeError('expected a request for cors to go by, found none');
    addCors(headers, cors(init.request, init.cors));
  }
  // [spec] "a client can be told to stop reconnecting using the HTTP 204 No Content response code"
  return new Response(null, { status: 204, headers });
}
