// Fresh pages in one Chromium, and the loopback server that they and others ask for modules and events.

import { createServer } from 'node:http';

import { launchChromium } from '../../scripts/lib/chromium.mjs';

const EVENT = 'event: tick\nid: 1\ndata: {"n":1}\n\n';
// Only an isolated page has a clock of 5 µs; and nothing may come out of a cache.
const HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cache-control': 'no-store',
};

/**
 * Serves a page at `/` that loads `/work.js`, the scripts, and at `/events` a stream that has one event at once.
 *
 * @param {Record<string, Uint8Array>} scripts by path
 */
export async function serveScripts(scripts) {
  const server = createServer((request, response) => {
    const answer = (type, body) => response.writeHead(200, { ...HEADERS, 'content-type': type }).end(body);
    if (request.url === '/events') {
      response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' }).write(EVENT);
    } else if (request.url in scripts) {
      answer('text/javascript; charset=utf-8', scripts[request.url]);
    } else if (request.url === '/') {
      answer(
        'text/html; charset=utf-8',
        '<!doctype html><title>bench</title><script type="module" src="/work.js"></script>',
      );
    } else {
      response.writeHead(404, HEADERS).end();
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const close = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

/** A browser whose `run(input)` calls `globalThis.benchWork` in a page that nobody has used before. */
export async function openPages(url) {
  const browser = await launchChromium();
  const run = async (input) => {
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(url);
      await page.waitForFunction(() => globalThis.benchWork);
      return await page.evaluate((given) => globalThis.benchWork(given), input);
    } finally {
      await context.close();
    }
  };
  return { run, close: () => browser.close() };
}
