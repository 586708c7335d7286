/**
 * The answer that tells a reader for good not to come back: [spec] with status 204 an `EventSource` does not reconnect.
 *
 * @example
 * if (job.done && lastEventId(request) === job.lastId) return noMoreEvents();
 */
export function noMoreEvents(init: { headers?: HeadersInit | undefined } = {}): Response {
  return new Response(null, { status: 204, headers: init.headers ?? {} });
}
