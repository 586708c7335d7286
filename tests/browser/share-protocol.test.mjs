// What a tab that shares a connection makes of messages that come late, twice, or not at all: a page that speaks the protocol
// (js/share.ts) by hand is the rest of the tabs.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { openTabs, sees, until } from '../e2e/tabs.mjs';

const ids = (tab) => tab.evaluate(() => tab.ids);
const log = (tab) => tab.evaluate(() => tab.log);

describe('the protocol of a shared connection', () => {
  let tabs;
  before(async () => {
    tabs = await openTabs();
  });
  afterEach(() => tabs.clear());
  after(() => tabs?.close());

  /** A page that owns the connection of a name in its own words, and a tab that follows it; it is behind event 10. */
  async function open(name) {
    const hand = await tabs.open(name, {}, ownByHand);
    const tab = await tabs.open(name);
    return [hand, tab];
  }
  const say = (hand, message) => hand.evaluate((message) => tab.say(message), message);
  const events = (hand, first, last, more) =>
    hand.evaluate(([first, last, more]) => tab.events(first, last, more), [first, last, more]);
  const heard = (hand, kind) =>
    hand.waitForFunction((kind) => tab.heard.find((message) => message.kind === kind), kind, { polling: 20 });

  test('an event that comes twice is taken once', async () => {
    const [hand, tab] = await open('twice');
    await events(hand, 11, 12);
    await events(hand, 11, 13);
    await events(hand, 12, 12);
    await events(hand, 14, 14);
    await sees(tab, 14);
    assert.deepEqual(await ids(tab), [11, 12, 13, 14]);
  });

  test('what an older owner has sent is ignored once a newer one was heard of', async () => {
    const [hand, tab] = await open('older');
    await events(hand, 11, 11);
    await say(hand, { kind: 'call', epoch: 101, line: 1, seq: 11 });
    await events(hand, 12, 12, { epoch: 100, text: 'late' });
    await say(hand, {
      kind: 'failed',
      epoch: 100,
      error: { code: 'network', message: '', willRetry: false },
      quiet: false,
    });
    await events(hand, 12, 13, { epoch: 101 });
    await sees(tab, 13);
    assert.deepEqual(await ids(tab), [11, 12, 13]);
    assert.deepEqual(await tab.evaluate(() => tab.data), ['by hand', 'by hand', 'by hand']);
    assert.deepEqual(await log(tab), ['open 200 1']);
  });

  test('events that are missing are asked for, and taken in order', async () => {
    const [hand, tab] = await open('missing');
    await events(hand, 11, 11);
    await events(hand, 14, 14);
    const { seq, line, from } = await (await heard(hand, 'want')).jsonValue();
    assert.deepEqual([line, seq], [1, 11]);
    // On their way when it asked: the answer has them too.
    await events(hand, 15, 15);
    await events(hand, 12, 15, { to: from });
    await events(hand, 16, 16);
    await sees(tab, 16);
    assert.deepEqual(await ids(tab), [11, 12, 13, 14, 15, 16]);
  });

  test('a new owner waits for all, and connects behind the one that has most', async () => {
    const feed = tabs.feed('behind');
    for (let id = 0; id <= 20; id++) feed.publish();
    const [hand, tab] = await open('behind');
    await events(hand, 11, 11);
    await sees(tab, 11);
    // It has all the time to wait for an answer, on a busy machine too.
    await tab.evaluate(() => {
      const { setTimeout } = globalThis;
      globalThis.setTimeout = (what, milliseconds) => setTimeout(what, milliseconds === 1000 ? 60_000 : milliseconds);
    });
    await hand.evaluate(() => tab.handOver());
    const { seq } = await (await heard(hand, 'call')).jsonValue();
    assert.equal(seq, 11);
    // Longer than it would wait for the last owner’s socket.
    await new Promise((done) => setTimeout(done, 400));
    assert.equal(feed.requests.length, 0);
    await hand.evaluate(() => tab.answer(12, 14));
    await until(() => feed.requests.length === 1);
    assert.equal(feed.requests[0].id, '14');
    await sees(tab, 20);
    assert.deepEqual(await ids(tab), [11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  });

  test('who waits for its place takes nothing before it', async () => {
    const hand = await tabs.open('place', {}, ownByHand);
    const tab = await tabs.open('place', { lastEventId: '5' }, async ({ url, init }) => {
      const source = new sse.EventSource(url, init);
      source.onmessage = (event) => tab.ids.push(Number(event.lastEventId));
      source.onerror = ({ error }) => tab.log.push(error.code);
    });
    const { id, from } = await (await heard(hand, 'want')).jsonValue();
    assert.equal(id, '5');
    await events(hand, 11, 11);
    await events(hand, 6, 11, { to: from });
    await events(hand, 12, 12);
    await sees(tab, 12);
    assert.deepEqual(await ids(tab), [6, 7, 8, 9, 10, 11, 12]);
    assert.deepEqual(await log(tab), []);
  });

  test('a clock that was set back: a new owner goes beyond an epoch that it hears of only then', async () => {
    const [hand, tab] = await open('clock');
    const epoch = Date.now() + 3_600_000;
    await events(hand, 11, 11);
    await sees(tab, 11);
    await hand.evaluate((epoch) => {
      tab.ahead(epoch);
      tab.handOver();
    }, epoch);
    await until(() => tabs.feed('clock').requests.length === 1);
    const calls = await hand.evaluate(() => tab.heard.filter(({ kind }) => kind === 'call'));
    assert.deepEqual(
      calls.map((call) => call.epoch > epoch),
      [false, true],
    );
  });

  test('an owner whose connection has ended keeps the lock until the others have heard of it', async () => {
    const feed = tabs.feed('end');
    const owner = await tabs.open('end');
    const hand = await tabs.open('end', {}, waitByHand);
    // Time goes slowly for it, so that what it would wait is no matter of this machine's speed.
    await owner.evaluate(() => {
      const { setTimeout } = globalThis;
      globalThis.setTimeout = (what, milliseconds) => setTimeout(what, milliseconds * 50);
    });
    feed.refuse = (_, response) => response.writeHead(204).end();
    await owner.evaluate(() => tab.source.reconnect());
    await heard(hand, 'failed');
    await owner.evaluate(() => tab.source.close());
    await new Promise((done) => setTimeout(done, 300));
    assert.deepEqual(await log(hand), []);
    await owner.close();
    await hand.waitForFunction(() => tab.log.length, null, { polling: 20 });
    assert.deepEqual(await log(hand), ['has the lock']);
  });
});

// What runs in a page.

/** The owner of a numbering 1, at event 10, in epoch 100. */
async function ownByHand({ url, init }) {
  const key = `eventsource-wasm 1 ${init.shareAcrossTabs}`;
  const channel = new BroadcastChannel(key);
  const { href } = new URL(url, location);
  let epoch = 100;
  tab.heard = [];
  tab.say = (message) => {
    epoch = Math.max(epoch, message.epoch ?? 0);
    channel.postMessage({ epoch, url: href, to: undefined, ...message });
  };
  tab.ahead = (given) => (epoch = given);
  const run = (first, last, text = 'by hand') => {
    const texts = [];
    for (let id = first; id <= last; id++) texts.push('message', text, `${id}`);
    return { line: 1, first, base: `${first - 1}`, texts };
  };
  tab.events = (first, last, { text, ...more } = {}) =>
    tab.say({ kind: 'events', run: run(first, last, text), ...more });
  const response = { url: href, status: 200, headers: [] };
  channel.onmessage = ({ data }) => {
    tab.heard.push(data);
    if (data.kind === 'join') {
      tab.say({ kind: 'state', state: { line: 1, seq: 10, id: '10', response, gap: false }, to: data.from });
    }
  };
  tab.answer = (first, last) =>
    channel.postMessage({ kind: 'here', from: 'by hand', epoch, url: href, run: run(first, last) });
  await new Promise((owns) => {
    navigator.locks.request(key, () => {
      owns();
      return new Promise((release) => (tab.release = release));
    });
  });
  tab.handOver = () => {
    // Behind the others.
    navigator.locks.request(key, () => undefined);
    channel.onmessage = ({ data }) => {
      tab.heard.push(data);
      if (data.kind !== 'call' || epoch === 100) return;
      // Somebody who has heard of a later epoch says so.
      epoch = Math.max(epoch, data.epoch);
      tab.answer(1, 0);
    };
    tab.release();
  };
}

/** Waits for the lock. */
async function waitByHand({ init }) {
  const key = `eventsource-wasm 1 ${init.shareAcrossTabs}`;
  tab.heard = [];
  new BroadcastChannel(key).onmessage = ({ data }) => tab.heard.push(data);
  void navigator.locks.request(key, () => void tab.log.push('has the lock'));
}
