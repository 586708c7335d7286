import { events } from 'eventsource-wasm/parser';
import { eventStream } from 'eventsource-wasm/server';
import { problem } from './problem.js';

/**
 * `GET /api/upstream`: relays a real event stream through the parser and the encoder, ids included, so that a client
 * that was cut off resumes at the source.
 * @param {Request} request
 * @param {string} url of the source
 * @returns {Promise<Response>}
 */
export async function upstream(request, url) {
  /** @type {Record<string, string>} */
  const headers = { accept: 'text/event-stream', 'user-agent': 'eventsource-wasm demo' };
  const lastEventId = request.headers.get('last-event-id');
  if (lastEventId) headers['last-event-id'] = lastEventId;

  const leaving = new AbortController();
  let source;
  try {
    source = await fetch(url, { headers, signal: leaving.signal });
  } catch (cause) {
    return problem(502, 'Upstream not reachable', `expected ${new URL(url).host} to answer, found: ${cause}`);
  }
  const type = source.headers.get('content-type') ?? 'none';
  if (source.status !== 200 || !/^text\/event-stream\b/i.test(type)) {
    await source.body?.cancel();
    const detail = `expected 200 and text/event-stream, found ${source.status} and ${type}`;
    return problem(502, 'Upstream is no event stream', detail);
  }
  return eventStream(request, (stream) => relay(stream, source, leaving), { retry: 1500, heartbeat: 5000 });
}

/**
 * @param {import("eventsource-wasm/server").ServerStream} stream
 * @param {Response} source
 * @param {AbortController} leaving ends the request to the source
 */
async function relay(stream, source, leaving) {
  stream.signal.addEventListener('abort', () => leaving.abort(), { once: true });
  for await (const event of events(source)) {
    if (stream.signal.aborted) return;
    await stream.send({ event: event.type, id: event.lastEventId || undefined, data: event.data });
  }
}
