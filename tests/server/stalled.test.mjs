// Clients that stop reading while a channel goes on, beside some that read: those get everything, and what waits for the others is
// bounded, counted and, when they read on, as it was counted. In Node, where the memory can be looked into.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';

import { EventsClient } from './lib/events-client.mjs';
import { Remote } from './lib/remote.mjs';
import { startProcess } from './places/start.mjs';

const POLICIES = ['drop-oldest', 'drop-newest', 'latest-per-key', 'disconnect'];
/** Of each policy. All of it was run with 50, and 200,000 events. */
const STALLED = Number(process.env.SERVER_STALLED || 10);
const EVENTS = Number(process.env.SERVER_EVENTS || 30_000);
const HEALTHY = 10;
/** Together they are more than the sockets of a client hold, some 5 MB. */
const SIZE = 200;
/** An event with its id and its field names. */
const FRAME = SIZE + 60;
const MAX_BUFFER = 65_536;
/** So many are published in one go that who does not read for a moment is not taken for one who stalls. */
const STEP = Math.floor((MAX_BUFFER - 1000) / FRAME);
const KEYS = 50;
/** Events that the channel keeps. */
const HISTORY = 1000;
/** Steps between two looks at the memory of which nothing is left to collect. */
const LOOK = 20;
const MB = 1_000_000;

let server;
let remote;
before(async () => {
  const args = [HISTORY, SIZE, KEYS].map(String);
  const script = fileURLToPath(new URL('places/channel.node.mjs', import.meta.url));
  server = await startProcess([process.execPath, '--expose-gc', script, ...args]);
  remote = new Remote(server.url);
});
after(() => server?.close());

test(
  `${4 * STALLED} stalled clients, ${HEALTHY} healthy ones and ${EVENTS} events`,
  { timeout: 500_000 },
  async (t) => {
    const stalled = await Promise.all(
      POLICIES.flatMap((overflow) => Array.from({ length: STALLED }, (_, n) => reader(`${overflow} ${n}`, overflow))),
    );
    for (const { client } of stalled) client.pause();
    const healthy = await Promise.all(Array.from({ length: HEALTHY }, (_, n) => reader(`healthy ${n}`, 'disconnect')));
    await untilSubscribed(stalled.length + healthy.length);
    const start = await remote.ask('/memory', { collected: 1 });
    const most = await publishAll(healthy, stalled.length + healthy.length);
    t.diagnostic(
      `at most: ${told(most.buffered)} wait for readers; wasm memory grew by ${told(most.wasm - start.wasm)}, ` +
        `other buffers by ${told(most.arrayBuffers - start.arrayBuffers)}, the heap by ${told(most.heapUsed - start.heapUsed)}, ` +
        `the process by ${told(most.rss - start.rss)}`,
    );
    // A queue's memory doubles as it grows, holds what was dropped until that is as much again, and is copied as it grows; and the
    // channel's history.
    const history = HISTORY * (FRAME + 64) * 8;
    assert.ok(
      most.wasm - start.wasm < stalled.length * 4 * (MAX_BUFFER + FRAME) + history,
      'wasm memory to be bounded',
    );
    // Of each stalled one, a chunk that Node has and the socket has no room for; of the others, what was not collected yet.
    const buffers = stalled.length * 2 * (MAX_BUFFER + FRAME) + 10 * MB;
    assert.ok(most.arrayBuffers - start.arrayBuffers < buffers, 'the memory of buffers to be bounded');

    await assertStalled(stalled);
    for (const { client, numbers } of healthy) {
      await client.end();
      assert.equal(client.whole, true);
      assert.equal(numbers.length, EVENTS);
    }
  },
);

const told = (bytes) => `${(bytes / MB).toFixed(1)} MB`;

async function reader(name, overflow) {
  const numbers = [];
  const query = new URLSearchParams({ name, overflow });
  const client = new EventsClient(
    server.port,
    `/subscribe?${query}`,
    ({ data }) => void numbers.push(parseInt(data, 10)),
  );
  await client.until(({ length }) => length > 0);
  return { name, overflow, client, numbers };
}

async function untilSubscribed(count) {
  while ((await remote.ask('/readers')).size < count);
}

/** Publishes step by step, once the healthy ones have got the last one. The answer is the most that was found of anything. */
async function publishAll(healthy, readers) {
  const most = {};
  for (let step = 0, published = 0; published < EVENTS; step++) {
    const count = Math.min(STEP, EVENTS - published);
    await remote.ask('/publish', { count });
    published += count;
    for (const { client, numbers } of healthy) await client.until(() => numbers.length >= published);
    // All that came, in order.
    for (const { numbers } of healthy) {
      for (let at = published - count; at < published; at++) assert.equal(numbers[at], at);
    }
    const { buffered, wasm, ...rest } = await remote.ask('/memory', step % LOOK ? {} : { collected: 1 });
    assert.equal(buffered.length, readers);
    for (const [name, bytes] of buffered) {
      assert.ok(bytes <= MAX_BUFFER + FRAME, `${name} to have ${MAX_BUFFER} bytes and a frame at most, found ${bytes}`);
    }
    const found = {
      buffered: buffered.reduce((total, [, bytes]) => total + bytes, 0),
      wasm,
      ...(step % LOOK ? {} : rest),
    };
    for (const [key, value] of Object.entries(found)) most[key] = Math.max(most[key] ?? 0, value);
  }
  return most;
}

/** They read on, up to the end that comes then. */
async function assertStalled(stalled) {
  const before = await remote.ask('/readers');
  assert.deepEqual(before.faults, []);
  await remote.ask('/close');
  for (const { client } of stalled) client.resume();
  for (const { client } of stalled) await client.end();
  const { readers } = await remote.ask('/readers');
  const byName = new Map(readers.map((found) => [found.name, found]));
  for (const { name, overflow, client, numbers } of stalled) {
    const { from, to, code, sent, dropped } = byName.get(name);
    assert.equal(sent + dropped, to - from, `${name}: what was sent and dropped is what was published`);
    assert.ok(dropped > 0, `${name}: something was dropped`);
    numbers.forEach((number, at) => assert.ok(at === 0 || number > numbers[at - 1], `${name}: in order`));
    if (overflow === 'disconnect') {
      // What the socket had not taken is lost with it, and comes after a reconnection.
      assert.equal(code, 'slow-consumer');
      assert.equal(client.whole, false);
      assert.ok(numbers.length <= sent, `${name}: no more than was sent`);
      numbers.forEach((number, at) => assert.equal(number, at));
    } else {
      assert.equal(code, 'closed');
      assert.equal(client.whole, true);
      assert.equal(numbers.length, sent, `${name}: what arrived is what was sent`);
      if (overflow === 'drop-newest') numbers.slice(0, -1).forEach((number, at) => assert.equal(number, at));
      else assert.equal(numbers.at(-1), EVENTS - 1, `${name}: the newest is there`);
    }
  }
}
