// A real HTTP server for handlers, and for the page that browsers open.

import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { toNodeListener } from 'eventsource-wasm/node';

const HTML = '<!doctype html><title>interop</title><script type="module" src="/page.js"></script>';

/** `requests` are the paths that were asked for, in order. The handler may answer late; `/` and `/page.js` are the page. */
export async function serve(handler) {
  const requests = [];
  const answer = async (request) => {
    const { pathname, search } = new URL(request.url);
    if (pathname === '/page.js')
      return new Response(await script(), { headers: { 'content-type': 'text/javascript' } });
    if (pathname === '/favicon.ico') return new Response(null, { status: 404 });
    if (pathname === '/' && !search) return new Response(HTML, { headers: { 'content-type': 'text/html' } });
    requests.push(pathname + search);
    return handler(request);
  };
  const server = createServer(toNodeListener(answer));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

let bundled;

function script() {
  const entry = fileURLToPath(new URL('../page.mjs', import.meta.url));
  const options = {
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    write: false,
  };
  bundled ??= build(options).then(({ outputFiles: [file] }) => file.text);
  return bundled;
}
