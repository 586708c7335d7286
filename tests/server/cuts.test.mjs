// The package at both ends, Chromium and workerd, and a network between them that cuts streams at random, in the midst of events:
// nothing is lost, and nothing comes twice.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchChromium } from '../../scripts/lib/chromium.mjs';
import { startWorkerd } from '../../scripts/lib/workerd.mjs';
import { startCuttingProxy } from './lib/cutting-proxy.mjs';
import { Remote } from './lib/remote.mjs';
import { firstFault, numbersOf, SEED } from './lib/seed.mjs';

const CUTS = Number(process.env.SERVER_CUTS || 200);
/** Of a body, between two cuts at most. */
const MOST = 1500;
/** An event has more bytes: so the stream is longer than all that passes before its last cut. */
const EVENTS = Math.ceil(((CUTS + 1) * MOST) / 25);
const STEP = 40;

const FACES = { EventSource: 'GET', connect: 'POST' };

let server;
let browser;
before(async () => {
  server = await startWorkerd({ entry: 'tests/server/places/channel.worker.mjs', assets: 'dist' });
  browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

for (const [which, [face, method]] of Object.entries(FACES).entries()) {
  const title = `${face} (${method}), cut ${CUTS} times at random, gets ${EVENTS} events once each (seed ${SEED})`;
  test(title, { timeout: 500_000 }, async (t) => {
    const choose = numbersOf(which);
    let [cuts, requests] = [0, 0];
    const proxy = await startCuttingProxy(server.port, (line) => {
      if (!line.startsWith(`${method} /events?`)) return undefined;
      // A POST goes on only once it has an id, and whoever has none begins with what comes.
      if (requests++ === 0) return { after: MOST, by: 'fin' };
      if (cuts === CUTS) return undefined;
      cuts++;
      return { after: choose.upTo(MOST), by: choose.oneOf(['reset', 'fin']) };
    });
    try {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${proxy.port}/`);
      await page.evaluate(follow, [face, `/events?channel=${face}`]);
      const numbers = await publishAll(page, new Remote(server.url), face);
      assert.equal(firstFault(numbers, EVENTS), undefined, `seed ${SEED}`);
      assert.deepEqual(await page.evaluate(() => globalThis.others), [], `seed ${SEED}`);
      assert.equal(cuts, CUTS, `cuts with seed ${SEED}`);
      t.diagnostic(`${requests} requests`);
      await context.close();
    } finally {
      await proxy.close();
    }
  });
}

/** Step by step, so that there is a stream for each cut. The answer is what the page has got. */
async function publishAll(page, remote, channel) {
  while (!(await remote.ask('/publish', { channel, count: 0 })).readers);
  for (let published = 0; published < EVENTS; published += STEP) {
    await remote.ask('/publish', { channel, count: Math.min(STEP, EVENTS - published) });
    const due = Math.min(published + STEP, EVENTS);
    await page.evaluate((count) => globalThis.hasGot(count), due);
  }
  return page.evaluate(() => globalThis.numbers);
}

/** In the page: reads on and on, and notes the numbers. */
async function follow([face, url]) {
  const { connect, EventSource } = await import('/index.js');
  const retry = { delay: 1, maxAttempts: Infinity };
  Object.assign(globalThis, { numbers: [], others: [], wake: () => undefined });
  const take = ({ type, data }) => {
    if (type === 'message') globalThis.numbers.push(Number(data));
    else globalThis.others.push(type);
    globalThis.wake();
  };
  globalThis.hasGot = async (count) => {
    while (globalThis.numbers.length < count) await new Promise((done) => (globalThis.wake = done));
  };
  if (face === 'EventSource') {
    const source = new EventSource(url, { retry });
    source.onmessage = take;
    source.addEventListener('gap', take);
    source.onerror = ({ error }) => error.willRetry || take({ type: String(error) });
  } else {
    const read = async () => {
      for await (const event of await connect(url, { method: 'POST', body: '{}', retry })) take(event);
    };
    read().catch((error) => take({ type: String(error) }));
  }
}
