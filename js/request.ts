import type { ConnectInit } from './options.js';

/**
 * What sends a request, with the platform's fetch or the caller's. Throws for what no fetch would send (GET with a body, say): that
 * is the caller's, not the network's.
 */
export function sender(url: URL, request: RequestInit, fetch: ConnectInit['fetch']): () => unknown {
  const isStream = request.body instanceof ReadableStream;
  if (isStream) refuseText(url);
  // A stream can be taken but once.
  const made = fetch || !isStream ? new Request(url, request) : undefined;
  if (!fetch || !made) return () => globalThis.fetch(url.href, request);
  // A handler takes a Request. Who wraps a fetch adds to the headers of an init, which are most easily spread as an object.
  const init = { ...request, headers: Object.fromEntries(request.headers as Headers) };
  if (isStream) delete init.body;
  return () => fetch(made, init);
}

/** Firefox does not know streams as bodies, and would send the text "[object ReadableStream]". */
function refuseText(url: URL): void {
  const init = { method: 'POST', body: new ReadableStream(), duplex: 'half' };
  if (new Request(url, init).headers.has('content-type'))
    throw new TypeError('expected a body that can be sent, found a stream');
}

/** By what is asked of it: a caller's fetch may give a Response of another realm, or one whose body is no web stream (node-fetch). */
export function isResponse(value: unknown): value is Response {
  const { status, headers, body } = Object(value) as Partial<Response>;
  return typeof status === 'number' && !!headers?.get && (body === null || !!body?.getReader);
}
