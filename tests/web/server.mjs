// The server of tests/web.rs: a path a behaviour, `key` to keep tests apart. A page of any origin may ask it anything.

import { once } from 'node:events';
import { createServer } from 'node:http';

const STREAM = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };
const LAST = 10;

/** What the tests ask about: per key the requests, the open sockets, and the bytes written. */
const states = new Map();

function stateOf(key) {
  if (!states.has(key)) states.set(key, { requests: [], open: 0, written: 0 });
  return states.get(key);
}

const PATHS = {
  /** What the server has seen of a key, as one event. */
  '/state': ({ response, state }) => response.writeHead(200, STREAM).end(`data: ${JSON.stringify(state)}\n\n`),

  '/events': ({ response }) =>
    response
      .writeHead(200, STREAM)
      .write('id: 1\nevent: price\ndata: one\ndata: line\n\ndata: grüße\n\nid: 3\ndata:\n\n'),

  '/echo': async ({ request, response }) => {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    const { method, headers } = request;
    response.writeHead(200, STREAM).end(`data: ${JSON.stringify({ method, headers, body })}\n\n`);
  },

  /** Three events an attempt, then a cut within the next; goes on behind the last event ID, up to the last event. */
  '/cut': ({ response, lastEventId }) => {
    const from = Number(lastEventId ?? 0);
    if (from === LAST) return response.writeHead(204).end();
    response.writeHead(200, STREAM).write('retry: 1\n\n');
    for (let id = from + 1; id <= Math.min(from + 3, LAST); id++) response.write(`id: ${id}\ndata: event ${id}\n\n`);
    response.write(`id: ${from + 4}\ndata: eve`, () => setTimeout(() => response.destroy(), 20));
  },

  /** An id that is no ASCII, then a cut; then 204. */
  '/unicode': ({ response, lastEventId }) => {
    if (lastEventId) return response.writeHead(204).end();
    response.writeHead(200, STREAM).end('retry: 1\nid: 三€😀\ndata: one\n\n');
  },

  /** An event, and behind it an id that no event brings; then 204. */
  '/id-only': ({ response, lastEventId }) => {
    if (lastEventId) return response.writeHead(204).end();
    response.writeHead(200, STREAM).end('retry: 1\nid: 1\ndata: one\n\nid: 2\n\n');
  },

  /** An event without an id, then a cut. */
  '/no-id': ({ response }) => {
    response.writeHead(200, STREAM).write('data: one\n\n', () => setTimeout(() => response.destroy(), 20));
  },

  '/none': ({ response }) => response.writeHead(204).end(),
  '/refused': ({ response }) => response.writeHead(403, { 'content-type': 'text/plain' }).end('no key, no stream'),
  '/refused-hanging': ({ response }) => response.writeHead(500).write('the beginning'),
  '/html': ({ response }) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hello'),
  '/busy': ({ response }) => response.writeHead(503, { 'retry-after': '600' }).end(),
  '/destroyed': ({ request }) => void request.resume().socket.destroy(),
  '/silent': () => undefined,
  '/open': ({ response }) => response.writeHead(200, STREAM).write('data: one\n\n'),
  '/json': ({ response }) =>
    response
      .writeHead(200, STREAM)
      .end('data: {"text":"hi","tokens":[1,2],"done":null}\n\ndata: {"text":1}\n\ndata: {\n\n'),

  '/large': ({ response }) =>
    response
      .writeHead(200, STREAM)
      .write(`id: 1\ndata: small\n\nid: 2\ndata: ${'x'.repeat(100)}\n\nid: 3\ndata: small\n\n`),

  /** Comments for longer than a second and a half, no second without one, then an event. */
  '/drip': async ({ response }) => {
    response.writeHead(200, STREAM);
    for (let n = 0; n < 16; n++) {
      response.write(': still there\n');
      await new Promise((done) => setTimeout(done, 100));
    }
    response.write('data: late\n\n');
  },

  /** Takes the second token only. */
  '/token': ({ request, response }) => {
    if (request.headers.authorization !== 'Bearer 2') return response.writeHead(401).end('expired');
    response.writeHead(200, STREAM).write('id: 1\ndata: one\n\n');
  },

  '/sentinel': ({ response }) =>
    response.writeHead(200, STREAM).write('id: 1\ndata: one\n\nid: 2\ndata: [DONE]\n\nid: 3\ndata: more\n\n'),

  '/base64': ({ response }) =>
    response.writeHead(200, STREAM).end('data: AP/\ndata: +gA==\n\ndata: _-4\n\ndata: ?\n\n'),

  /** As much as the reader takes. */
  '/endless': async ({ response, state }) => {
    const events = `data: ${'x'.repeat(1000)}\n\n`.repeat(64);
    response.writeHead(200, STREAM);
    const closed = once(response, 'close');
    while (!response.destroyed) {
      state.written += events.length;
      if (!response.write(events)) await Promise.race([once(response, 'drain'), closed]);
    }
  },
};

/** Listens on a free port of this machine. */
export async function serve() {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const { origin = '*', 'access-control-request-headers': asked = '*' } = request.headers;
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-allow-headers', asked);
    response.setHeader('access-control-allow-methods', '*');
    response.setHeader('access-control-expose-headers', 'retry-after');
    if (request.method === 'OPTIONS') return response.writeHead(204).end();
    const state = stateOf(searchParams.get('key'));
    // Header values are bytes, which Node shows as Latin-1.
    const header = request.headers['last-event-id'];
    const lastEventId = header === undefined ? undefined : Buffer.from(header, 'latin1').toString('utf8');
    if (pathname !== '/state') {
      state.requests.push({ lastEventId: lastEventId ?? null, authorization: request.headers.authorization ?? null });
      state.open++;
      // A response that has ended leaves its socket to the next request.
      response.once('close', () => state.open--);
    }
    const answer = PATHS[pathname];
    if (answer) return answer({ request, response, state, lastEventId });
    return response.writeHead(404).end();
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}
