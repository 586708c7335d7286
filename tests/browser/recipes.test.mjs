// The recipes of the README that need a page: React's effects, and a service worker with two pages.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { build } from 'esbuild';

import { launchChromium } from '../../scripts/lib/chromium.mjs';

const ROOT = new URL('../../', import.meta.url);

/** A recipe, or a script that uses one, as a module of its own. */
async function bundled(source) {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: ROOT.pathname, sourcefile: 'entry.mjs', loader: 'jsx' },
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    // StrictMode runs effects twice in development only.
    define: { 'process.env.NODE_ENV': '"development"' },
    write: false,
  });
  return outputFiles[0].contents;
}

const REACT = `
  import { StrictMode, useState } from 'react';
  import { createRoot } from 'react-dom/client';
  import { useEventStream } from './examples/recipes/react.mjs';

  function Price({ url }) {
    const { event, error } = useEventStream(url);
    return <p id="price">{event?.data ?? error?.code ?? 'none'}</p>;
  }
  function App() {
    const [url, setUrl] = useState('/events?name=a');
    globalThis.setUrl = setUrl;
    return url ? <Price url={url} /> : <p id="price">gone</p>;
  }
  createRoot(document.body.appendChild(document.createElement('main'))).render(<StrictMode><App /></StrictMode>);
`;

describe('recipes in Chromium', () => {
  let browser;
  let server;
  /** The streams that were asked for, each with whether it is still open, and what sends to it. */
  const streams = [];
  const open = () => streams.filter((stream) => stream.open).map(({ name }) => name);

  before(async () => {
    const scripts = {
      '/react.js': await bundled(REACT),
      '/service-worker.js': await bundled("export * from './examples/recipes/service-worker.mjs';"),
    };
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url, 'http://localhost');
      if (pathname in scripts) {
        response.writeHead(200, { 'content-type': 'text/javascript' }).end(scripts[pathname]);
      } else if (pathname === '/events') {
        const stream = { name: searchParams.get('name'), open: true, send: (text) => response.write(text) };
        streams.push(stream);
        response.on('close', () => (stream.open = false));
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        stream.send(`id: 1\ndata: first of ${stream.name}\n\n`);
      } else {
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>recipes</title>');
      }
    });
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  const url = (path = '/') => `http://127.0.0.1:${server.address().port}${path}`;
  /** Looks until it is so, as what a server sees comes when it comes. */
  async function until(look) {
    for (;;) {
      if (look()) return;
      await new Promise((done) => setTimeout(done, 5));
    }
  }

  test('React: one connection for a component, also under StrictMode, another for another URL, none behind it', async () => {
    const page = await browser.newPage();
    await page.goto(url());
    await page.addScriptTag({ url: url('/react.js'), type: 'module' });
    const shows = (text) =>
      page.waitForFunction((text) => document.querySelector('#price')?.textContent === text, text);
    await shows('first of a');
    await until(() => open().join() === 'a');
    streams.at(-1).send('data: second\n\n');
    await shows('second');
    await page.evaluate(() => globalThis.setUrl('/events?name=b'));
    await shows('first of b');
    await until(() => open().join() === 'b');
    await page.evaluate(() => globalThis.setUrl(undefined));
    await shows('gone');
    await until(() => open().length === 0);
    await page.close();
  });

  test('service worker: one connection for two pages, closed when there is none', async () => {
    const context = await browser.newContext();
    const before = streams.length;
    const pages = [await context.newPage(), await context.newPage()];
    for (const page of pages) {
      await page.goto(url());
      await page.evaluate(async () => {
        globalThis.heard = [];
        navigator.serviceWorker.addEventListener('message', ({ data }) =>
          heard.push(`${data.lastEventId}: ${data.data}`),
        );
        navigator.serviceWorker.startMessages();
        await navigator.serviceWorker.register('/service-worker.js', { type: 'module' });
        await navigator.serviceWorker.ready;
      });
    }
    await pages[0].evaluate(async () => {
      const { active } = await navigator.serviceWorker.ready;
      active.postMessage({ follow: '/events?name=shared' });
    });
    await until(() => open().includes('shared'));
    streams.at(-1).send('id: 2\ndata: second\n\n');
    for (const page of pages) await page.waitForFunction(() => heard.includes('2: second'));
    assert.equal(streams.length - before, 1);
    await context.close();
    await until(() => {
      // What it has to send shows it that nobody is there.
      streams.at(-1).send('data: anyone?\n\n');
      return !open().includes('shared');
    });
  });
});
