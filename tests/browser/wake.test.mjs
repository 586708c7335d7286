// Wake-ups and hidden pages in Chromium, against a server that counts connections.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { launchChromium } from '../../scripts/lib/chromium.mjs';
import { EVENT_STREAM, settle, startServer, until } from '../e2e/node-server.mjs';

const PAGE = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>wake</title>';
const LONG = { delay: 1e8, maxDelay: 1e8, jitter: 0, statuses: [503] };
const WORKER = `
  import { EventSource } from '/dist/index.js';
  const source = new EventSource('/stream', { retry: ${JSON.stringify(LONG)} });
  source.onopen = () => postMessage('open');
  source.onerror = () => { postMessage('error'); setTimeout(() => dispatchEvent(new Event('online'))); };
`;

describe('a source that waits, in Chromium', () => {
  let [browser, context, page, server, cdp] = [];
  /** Answers a request for the stream; its number counts from the beginning of the test. */
  let answer;
  const streams = () => server.requests.filter(({ url }) => url.startsWith('/stream'));
  const open = () => [...server.open].filter(({ req }) => req.url.startsWith('/stream')).length;
  const refuse = (response) => response.writeHead(503).end();
  const hold = (response, number) => response.writeHead(200, EVENT_STREAM).write(`id: ${number}\ndata: ${number}\n\n`);

  before(async () => {
    server = await startServer((request, response) => {
      const { pathname } = new URL(request.url, 'http://localhost');
      if (pathname === '/stream') return answer(response, streams().length);
      const script = { 'content-type': 'text/javascript' };
      if (pathname === '/worker.js') return response.writeHead(200, script).end(WORKER);
      if (!pathname.startsWith('/dist/')) return response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
      response.writeHead(200, script).end(readFileSync(new URL(`../..${pathname}`, import.meta.url)));
    });
    // Playwright turns off the cache that keeps pages alive.
    browser = await launchChromium({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  /** A fresh page, whose `seen` has what the source tells. */
  async function follow(init, first) {
    answer = first;
    await context?.close();
    context = await browser.newContext();
    page = await context.newPage();
    page.setDefaultTimeout(10_000);
    cdp = await context.newCDPSession(page);
    await page.goto(server.url);
    server.requests.length = 0;
    await page.evaluate(async (init) => {
      const { EventSource } = await import('/dist/index.js');
      globalThis.seen = [];
      const source = (globalThis.source = new EventSource('/stream', init));
      source.onopen = () => seen.push('open');
      source.onmessage = ({ data }) => seen.push(data);
      source.onerror = ({ error }) => seen.push(error.code);
      // What a hidden page is to whoever asks; the event is dispatched as the browser does.
      globalThis.show = (state) => {
        Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
        Object.defineProperty(document, 'hidden', { value: state === 'hidden', configurable: true });
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
      };
    }, init);
    return (found) => page.waitForFunction((found) => JSON.stringify(seen) === found, JSON.stringify(found));
  }
  const seen = () => page.evaluate(() => seen);
  const show = (state) => page.evaluate((state) => globalThis.show(state), state);

  const wakes = {
    'online, when the network is back': async () => {
      await context.setOffline(true);
      await context.setOffline(false);
    },
    'visibilitychange, when the page is seen again': async () => {
      const { length } = streams();
      await show('hidden');
      await settle();
      assert.equal(streams().length, length);
      await show('visible');
    },
    'pageshow, out of the cache': () =>
      page.evaluate(() => void dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))),
    'resume, after it was frozen': () => page.evaluate(() => void document.dispatchEvent(new Event('resume'))),
  };
  for (const [name, wake] of Object.entries(wakes)) {
    test(`${name}: tries again at once, and listens no longer`, async () => {
      const shows = await follow({ retry: LONG }, (response, number) =>
        (number === 1 ? refuse : hold)(response, number),
      );
      await shows(['http-status']);
      await wake();
      await shows(['http-status', 'open', '2']);
      await wake();
      await wake();
      await settle();
      assert.deepEqual([streams().length, open()], [2, 1]);
      assert.equal(await listeners(), 0);
    });
  }

  test('a page that comes back from the cache of the browser tries again at once', async () => {
    const shows = await follow({ retry: LONG }, (response, number) => (number === 1 ? refuse : hold)(response, number));
    await shows(['http-status']);
    await page.goto(`${server.url}elsewhere`);
    await page.goBack({ waitUntil: 'commit' });
    await shows(['http-status', 'open', '2']);
    assert.deepEqual([streams().length, open()], [2, 1]);
  });

  test('a page that was never hidden is not woken by being shown for the first time', async () => {
    const shows = await follow({ retry: LONG }, refuse);
    await shows(['http-status']);
    await page.evaluate(() => void dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false })));
    await settle();
    assert.equal(streams().length, 1);
  });

  test('a wait that Retry-After asked for is not cut short', async () => {
    const shows = await follow({ retry: LONG }, (response) => response.writeHead(503, { 'retry-after': '1000' }).end());
    await shows(['http-status']);
    for (const wake of Object.values(wakes)) await wake();
    await settle();
    assert.equal(streams().length, 1);
    await page.evaluate(() => source.reconnect());
    await shows(['http-status', 'http-status']);
    await page.evaluate(() => source.close());
    assert.equal(await listeners(), 0);
  });

  test('a visibility change never opens a second connection, and does not touch the first', async () => {
    const shows = await follow({ retry: LONG }, hold);
    await shows(['open', '1']);
    for (const state of ['hidden', 'visible', 'hidden', 'visible']) await show(state);
    await settle();
    assert.deepEqual([streams().length, open()], [1, 1]);
    assert.deepEqual(await seen(), ['open', '1']);
  });

  test('online in a worker', async () => {
    await follow({ retry: LONG }, (response, number) =>
      (number < 2 ? hold : number === 2 ? refuse : hold)(response, number),
    );
    await until(() => streams().length === 1);
    const told = await page.evaluate(
      () =>
        new Promise((done) => {
          const told = [];
          const worker = new Worker('/worker.js', { type: 'module' });
          worker.onmessage = ({ data }) => told.push(data) === 2 && done(told);
        }),
    );
    assert.deepEqual(told, ['error', 'open']);
  });

  describe('pauseWhenHidden', () => {
    test('drops the stream without an error, and goes on from the last id when the page is seen', async () => {
      const shows = await follow({ pauseWhenHidden: true, retry: LONG }, hold);
      await shows(['open', '1']);
      for (const round of [2, 3]) {
        await show('hidden');
        assert.equal(await page.evaluate(() => source.readyState), 0);
        await until(() => open() === 0);
        await settle();
        assert.equal(streams().length, round - 1);
        await show('visible');
        // Read, and not only sent: what is dropped before is sent again.
        await shows(['open', '1', 'open', '2', 'open', '3'].slice(0, 2 * round));
      }
      assert.equal(open(), 1);
      assert.deepEqual(
        streams().map(({ lastEventId }) => lastEventId),
        [undefined, '1', '2'],
      );
      await page.evaluate(() => source.close());
      await until(() => open() === 0);
      assert.equal(await listeners(), 0);
    });

    test('waits with what is due until the page is seen, and close() ends that too', async () => {
      const shows = await follow({ pauseWhenHidden: true, retry: { delay: 0 } }, (response, number) =>
        number === 1 ? response.writeHead(200, EVENT_STREAM).end() : hold(response, number),
      );
      await shows(['open', 'stream-ended', 'open', '2']);
      await show('hidden');
      await until(() => open() === 0);
      await page.evaluate(() => {
        source.reconnect();
        dispatchEvent(new Event('online'));
      });
      await settle();
      assert.equal(streams().length, 2);
      await page.evaluate(() => source.close());
      await show('visible');
      await settle();
      assert.equal(streams().length, 2);
      assert.equal(await listeners(), 0);
    });

    test('a POST without an id stays open, and is paused once it has one', async () => {
      const shows = await follow({ pauseWhenHidden: true, body: 'prompt' }, (response) => {
        held = response.writeHead(200, EVENT_STREAM);
        held.write('data: none\n\n');
      });
      await shows(['open', 'none']);
      await show('hidden');
      held.write('data: still\n\n');
      await shows(['open', 'none', 'still']);
      await show('visible');
      held.write('id: 7\ndata: id\n\n');
      await shows(['open', 'none', 'still', 'id']);
      assert.equal(streams().length, 1);
      await show('hidden');
      await until(() => open() === 0);
      await show('visible');
      await until(() => streams().length === 2);
      assert.equal(streams()[1].lastEventId, '7');
    });
    let held;

    test('what begins in a hidden page begins when it is seen', async () => {
      await follow({}, hold);
      await until(() => open() === 1);
      await page.evaluate(() => source.close());
      await show('hidden');
      await page.evaluate(async () => {
        const { connect } = await import('/dist/index.js');
        globalThis.stream = connect('/stream', { pauseWhenHidden: true });
      });
      await settle();
      assert.equal(streams().length, 1);
      await show('visible');
      assert.equal(await page.evaluate(async () => (await stream).response.status), 200);
      assert.equal(streams().length, 2);
    });
  });

  /** How many of its listeners the source has on the window. */
  async function listeners() {
    const { result } = await cdp.send('Runtime.evaluate', { expression: 'window' });
    const { listeners } = await cdp.send('DOMDebugger.getEventListeners', { objectId: result.objectId });
    return listeners.filter(({ type }) => ['online', 'visibilitychange', 'pageshow', 'resume'].includes(type)).length;
  }
});
