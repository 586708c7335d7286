// Serves an empty page, the built package, the suite, and event streams of any bytes.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';

const ROOT = new URL('../../', import.meta.url);
const TYPES = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

/**
 * `streams` maps a path to the bytes of an event stream. The first request for it gets them; the second, a reconnection,
 * gets 204, which ends the connection for good, and its `Last-Event-ID` is kept in `lastEventIds`.
 */
export async function serveSuite() {
  const streams = new Map();
  const asked = new Set();
  const lastEventIds = new Map();

  function stream(path, request, response) {
    if (asked.has(path)) {
      // Header values are bytes, which Node shows as Latin-1.
      const header = Buffer.from(request.headers['last-event-id'] ?? '', 'latin1').toString('utf8');
      lastEventIds.set(path, header);
      response.writeHead(204).end();
      return;
    }
    asked.add(path);
    response
      .writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      .end(streams.get(path));
  }

  async function file(path, response) {
    const type = TYPES[extname(path)];
    if (!/^\/(dist|tests\/suite)\//.test(path) || path.includes('..') || !type) {
      response.writeHead(404).end();
      return;
    }
    try {
      const bytes = await readFile(new URL(`.${path}`, ROOT));
      response.writeHead(200, { 'content-type': type }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }

  // Ids may have control characters, which Node's HTTP parser refuses in a header unless it is told not to.
  const server = createServer({ insecureHTTPParser: true }, (request, response) => {
    const path = new URL(request.url, 'http://localhost').pathname;
    if (path === '/')
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>suite</title>');
    else if (streams.has(path)) stream(path, request, response);
    else file(path, response);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    streams,
    lastEventIds,
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}
