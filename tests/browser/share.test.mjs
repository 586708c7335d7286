// shareAcrossTabs: several pages of one Chromium, and a server that counts connections.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { random } from '../e2e/random.mjs';
import { openTabs, sees, until } from '../e2e/tabs.mjs';

const SEED = Number(process.env.SEED ?? 41);
const ROUNDS = Number(process.env.ROUNDS ?? 30);

/** Numbers from the first of a list, one after the other. */
const inOrder = (ids) => ids.map((_, at) => ids[0] + at);
const ids = (tab) => tab.evaluate(() => tab.ids);
const log = (tab) => tab.evaluate(() => tab.log);

async function crash(tab) {
  const session = await tab.context().newCDPSession(tab);
  session.send('Page.crash').catch(() => undefined);
  await until(() => !tab.alive);
}

describe('tabs that share a connection', () => {
  let tabs;
  before(async () => {
    tabs = await openTabs();
  });
  afterEach(() => tabs.clear());
  after(() => tabs?.close());

  /** `count` tabs that read the feed of this name, the first one first. */
  async function openMany(count, name, ...rest) {
    const opened = [];
    while (opened.length < count) opened.push(await tabs.open(name, ...rest));
    return [tabs.feed(name), ...opened];
  }

  test('have one connection, and each gets every event once and in order', async () => {
    const [feed, ...all] = await openMany(4, 'one');
    const last = feed.publish(500);
    for (const tab of all) {
      await sees(tab, last);
      assert.deepEqual(
        await ids(tab),
        feed.events.map((_, id) => id),
      );
      assert.deepEqual(await log(tab), ['open 200 1']);
    }
    assert.equal(feed.requests.length, 1);
    for (const tab of all) await tab.close();
    await until(() => feed.open.size === 0);
  });

  test('the recipe of the README', async () => {
    const read = async ({ url }) => {
      const { notifications } = await import('/examples/recipes/share.mjs');
      tab.stop = notifications(
        url,
        ({ id }) => tab.ids.push(id),
        () => tab.log.push('reload'),
      );
    };
    const [feed, ...all] = await openMany(3, 'recipe', {}, read);
    const publish = () => feed.publish(1, (id) => JSON.stringify({ id }));
    // Until all have joined.
    for (const tab of all) while ((await ids(tab)).length === 0) publish();
    await sees(all[0], publish());
    await all[0].evaluate(() => tab.stop());
    await until(() => feed.requests.length === 2);
    const last = publish();
    for (const tab of all.slice(1)) {
      await sees(tab, last);
      assert.deepEqual(await ids(tab), inOrder(await ids(tab)));
      assert.deepEqual(await log(tab), []);
    }
    await until(() => feed.open.size === 1);
  });

  test('are told of the response as it is', async () => {
    const [, first, second] = await openMany(2, 'facts');
    const facts = () => ({
      url: tab.source.response.url,
      status: tab.source.response.status,
      header: tab.source.response.headers.get('x-feed'),
      real: tab.source.response instanceof Response,
    });
    const found = await second.evaluate(facts);
    assert.deepEqual(found, await first.evaluate(facts));
    assert.deepEqual(found, { url: `${tabs.url}/feed?name=facts`, status: 200, header: 'yes', real: true });
  });

  test('go on when a follower closes, and when the owner does', async () => {
    const [feed, ...all] = await openMany(4, 'closing');
    const [owner, follower, heir, other] = all;
    const close = () => tab.source.close();
    await sees(owner, feed.publish());
    await follower.evaluate(close);
    for (const tab of [owner, heir, other]) await sees(tab, feed.publish());
    assert.equal(feed.requests.length, 1);
    await owner.evaluate(close);
    assert.equal(await tabs.owner('closing'), heir);
    const last = feed.publish(2);
    for (const tab of [heir, other]) {
      await sees(tab, last);
      assert.deepEqual(
        await ids(tab),
        feed.events.map((_, id) => id),
      );
      // The others do not see who has the connection.
      assert.deepEqual(await log(tab), ['open 200 1']);
    }
    assert.deepEqual(
      feed.requests.map(({ id }) => id),
      [undefined, '3'],
    );
    assert.ok((await ids(owner)).length < feed.events.length);
    assert.equal((await ids(follower)).length, 1);
    await until(() => feed.open.size === 1);
  });

  test(`${ROUNDS} owners that close, crash or leave while events flow: none is missed or repeated`, async (t) => {
    t.diagnostic(`seed ${SEED}`);
    const next = random(SEED);
    const pick = (list) => list[Math.floor(next() * list.length)];
    let [feed, ...all] = await openMany(4, 'random');
    const busy = () => void (tab.busy = true);
    for (const tab of all) await tab.evaluate(busy);
    feed.start(next);
    const counts = {};
    const ways = {
      closes: (tab) => tab.close(),
      crashes: crash,
      leaves: (tab) => tab.goto('about:blank').then(() => tab.close()),
      'says close()': (tab) => tab.evaluate(() => tab.source.close()).then(() => tab.close({ runBeforeUnload: false })),
    };
    for (let round = 0; round < ROUNDS; round++) {
      const owner = await tabs.owner('random');
      const way = pick(Object.keys(ways));
      counts[way] = (counts[way] ?? 0) + 1;
      const before = feed.requests.length;
      await ways[way](owner);
      // Another may have had the same process.
      all = all.filter((tab) => tab.alive);
      // Half of the time the next one goes before it has connected. One connection each, and no more.
      if (next() < 0.5) await until(() => feed.requests.length > before && feed.open.size === 1);
      while (all.length < 4) {
        all.push(await tabs.open('random'));
        await all.at(-1).evaluate(busy);
      }
    }
    feed.stop();
    const last = feed.publish();
    for (const tab of all) {
      await sees(tab, last);
      const found = await ids(tab);
      assert.deepEqual(found, inOrder(found));
      assert.equal(found.at(-1), last);
      assert.deepEqual(await log(tab), ['open 200 1']);
    }
    t.diagnostic(
      `${JSON.stringify(counts)}, ${feed.requests.length} connections, at most ${feed.most} at once, ${feed.events.length} events`,
    );
    await until(() => feed.open.size === 1);
    assert.ok(feed.requests.length > ROUNDS / 2 && feed.requests.length <= ROUNDS + 1);
    for (const tab of all) await tab.close();
  });

  test('a tab that does not answer for long falls behind or was ahead, and catches up', async () => {
    const [feed, owner, heir, stuck] = await openMany(3, 'stuck');
    await sees(stuck, feed.publish(5));
    // Longer than a new owner waits for answers.
    const block = () =>
      void setTimeout(() => {
        for (const end = performance.now() + 2500; performance.now() < end;);
      });
    await stuck.evaluate(block);
    feed.publish(5);
    await sees(heir, 9);
    await owner.close();
    await until(() => feed.requests.length === 2);
    const last = feed.publish(5);
    for (const tab of [heir, stuck]) {
      await sees(tab, last);
      assert.deepEqual(
        await ids(tab),
        feed.events.map((_, id) => id),
      );
    }
    await until(() => feed.open.size === 1);
  });

  test('failures are told to all, and the last one ends it for all', async () => {
    const [feed, ...all] = await openMany(3, 'failing', { retry: { delay: 5, maxDelay: 5, statuses: [503] } });
    const last = feed.publish(3);
    for (const tab of all) await sees(tab, last);
    feed.refuse = (_, response, number) => number <= 3 && response.writeHead(503).end('later');
    for (const response of feed.open) response.end();
    for (const tab of all) await tab.waitForFunction(() => tab.log.length === 5, null, { polling: 20 });
    feed.refuse = (_, response) => response.writeHead(410, { 'x-why': 'over' }).end('gone');
    for (const response of feed.open) response.end();
    for (const tab of all) {
      await tab.waitForFunction(() => tab.source.readyState === 2, null, { polling: 20 });
      assert.deepEqual(await log(tab), [
        'open 200 1',
        'stream-ended true 0',
        'http-status true 0',
        'http-status true 0',
        'open 200 1',
        'stream-ended true 0',
        'http-status false 2',
      ]);
      assert.deepEqual(await tab.evaluate(() => tab.error), {
        status: 410,
        body: 'gone',
        why: 'over',
        attempt: 5,
        typed: true,
      });
    }
    // Nobody took it for a tab that has gone away, and who comes later connects anew.
    await tabs
      .open('failing', {}, async ({ url, init }) => {
        new sse.EventSource(url, init).onerror = () => (tab.done = true);
      })
      .then((tab) => tab.waitForFunction(() => tab.done, null, { polling: 20 }));
    assert.equal(feed.requests.length, 6);
  });

  test('another URL under the same name is an error, and changes nothing for the others', async () => {
    const [feed, first, second] = await openMany(2, 'url');
    const refused = await tabs.open('url', {}, async ({ url, init }) => {
      const error = await sse.connect(`${url}&other=yes`, init).catch((error) => error);
      tab.ids.push(error.code, error.message, error instanceof sse.EventSourceError);
    });
    const [code, message, typed] = await ids(refused);
    assert.equal(code, 'invalid-request');
    const url = `${tabs.url}/feed?name=url`;
    assert.equal(message, `expected ${url}, the URL of the connection that is shared, found ${url}&other=yes`);
    assert.equal(typed, true);
    const last = feed.publish();
    for (const tab of [first, second]) await sees(tab, last);
    assert.equal(feed.requests.length, 1);
  });

  test('who joins with a lastEventId gets what is behind it, as far as it is kept', async () => {
    const [feed, owner] = await openMany(1, 'joining');
    // Some 3 MB, of which the last third is kept.
    const last = feed.publish(300, (number) => `${number} `.padEnd(10_000, 'x'));
    await sees(owner, last);
    const late = await tabs.open('joining', { lastEventId: `${last - 20}` });
    await sees(late, last);
    assert.deepEqual(await ids(late), inOrder(Array(20).fill(last - 19)));
    assert.deepEqual(await log(late), ['open 200 1']);

    const tooLate = await tabs.open('joining', { lastEventId: '5' });
    await sees(tooLate, feed.publish());
    assert.deepEqual(await ids(tooLate), [last + 1]);
    assert.deepEqual(
      (await log(tooLate)).filter((line) => !line.startsWith('open')),
      ['gap true 0'],
    );
    assert.equal(await tooLate.evaluate(() => tab.source.readyState), 1);

    const rejected = await tabs.open('joining', { lastEventId: '5' }, async ({ url, init }) => {
      tab.ids.push((await sse.connect(url, init).catch((error) => error)).code);
    });
    assert.deepEqual(await ids(rejected), ['gap']);
    assert.equal(feed.requests.length, 1);
  });
});

describe('connect over a shared connection', () => {
  let tabs;
  before(async () => {
    tabs = await openTabs();
  });
  afterEach(() => tabs.clear());
  after(() => tabs?.close());

  /** A loop that waits for `tab.go` in front of each event behind the first. */
  async function slowly({ url, init }) {
    const stream = (tab.stream = await sse.connect(url, init));
    tab.go = new Promise((done) => (tab.release = done));
    (async () => {
      for await (const event of stream) {
        tab.ids.push(Number(event.lastEventId));
        if (!(event instanceof sse.ServerSentEvent)) tab.log.push('expected a ServerSentEvent');
        await tab.go;
      }
      tab.log.push('ended');
    })().catch((error) => tab.log.push(error.code));
  }

  test('a slow consumer holds nobody up, and gets all that is kept for it', async () => {
    const owner = await tabs.open('slow', {}, slowly);
    const feed = tabs.feed('slow');
    const slow = await tabs.open('slow', {}, slowly);
    const quick = await tabs.open('slow');
    const last = feed.publish(2000);
    await sees(quick, last);
    for (const tab of [owner, slow]) {
      await sees(tab, 0);
      assert.deepEqual(await ids(tab), [0]);
      await tab.evaluate(() => tab.release());
      await sees(tab, last);
      assert.deepEqual(
        await ids(tab),
        feed.events.map((_, id) => id),
      );
      assert.deepEqual(await log(tab), []);
    }
    assert.equal(feed.requests.length, 1);
  });

  test('one that is slower than what is kept ends with gap, also where it is the owner', async () => {
    const owner = await tabs.open('gap', {}, slowly);
    const feed = tabs.feed('gap');
    const quick = await tabs.open('gap');
    await sees(quick, feed.publish());
    await sees(owner, 0);
    await sees(
      quick,
      feed.publish(300, (number) => `${number} `.padEnd(10_000, 'x')),
    );
    await owner.evaluate(() => tab.release());
    await owner.waitForFunction(() => tab.log.length > 0, null, { polling: 20 });
    assert.deepEqual(await log(owner), ['gap']);
    const before = await ids(owner);
    assert.deepEqual(
      before,
      before.map((_, id) => id),
    );
    await until(() => feed.requests.length === 2);
    const last = feed.publish();
    await sees(quick, last);
    assert.deepEqual(
      await ids(quick),
      feed.events.map((_, id) => id),
    );
    assert.deepEqual(await log(quick), ['open 200 1']);
  });

  test('reconnect() of any tab is for all, and quiet', async () => {
    const owner = await tabs.open('again');
    const feed = tabs.feed('again');
    const other = await tabs.open('again');
    await sees(other, feed.publish());
    for (const [count, tab] of [
      [2, other],
      [3, owner],
    ]) {
      await tab.evaluate(() => tab.source.reconnect());
      await until(() => feed.requests.length === count);
      const last = feed.publish(2);
      for (const each of [owner, other]) await sees(each, last);
    }
    for (const tab of [owner, other]) {
      assert.deepEqual(await ids(tab), [0, 1, 2, 3, 4]);
      assert.deepEqual(await log(tab), ['open 200 1']);
    }
    assert.deepEqual(
      feed.requests.map(({ id }) => id),
      [undefined, '0', '2'],
    );
  });

  test('an EventSource as an iterable, and a schema', async () => {
    const read = async ({ url, init }) => {
      const schema = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value + 1 }) } };
      const source = new sse.EventSource(url, init);
      const stream = await sse.connect(url, { ...init, schema, sentinel: '"end"' });
      (async () => {
        for await (const { data } of source) if (data !== '"end"') tab.ids.push(Number(data));
      })();
      for await (const { value } of stream) tab.log.push(value);
      source.close();
    };
    const all = [];
    while (all.length < 2) all.push(await tabs.open('both', {}, async (options) => void (tab.read = options)));
    for (const tab of all) void tab.evaluate(`(${read})(tab.read)`);
    const feed = tabs.feed('both');
    await until(() => feed.requests.length === 1);
    const number = (id) => `${id}`;
    for (const tab of all) while ((await log(tab)).length === 0) feed.publish(1, number);
    feed.publish(1, () => '"end"');
    for (const tab of all) {
      await tab.waitForFunction(() => tab.log.at(-1) === tab.ids.at(-1) + 1, null, { polling: 20 });
      const found = await log(tab);
      assert.deepEqual(found, inOrder(found));
    }
    await until(() => feed.open.size === 0);
  });

  test('the end of the server ends all loops, behind what they have not taken', async () => {
    const all = [];
    while (all.length < 3) all.push(await tabs.open('ending', { retry: { delay: 0 } }, slowly));
    const feed = tabs.feed('ending');
    feed.publish(10);
    for (const tab of all) await sees(tab, 0);
    feed.refuse = (_, response) => response.writeHead(204).end();
    for (const response of feed.open) response.end();
    await until(() => feed.requests.length === 2);
    for (const tab of all) {
      await tab.evaluate(() => tab.release());
      await tab.waitForFunction(() => tab.log.length > 0, null, { polling: 20 });
      assert.deepEqual(await ids(tab), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      assert.deepEqual(await log(tab), ['ended']);
    }
    assert.equal(feed.requests.length, 2);
  });

  test('a signal aborts the tab that has it, and no other', async () => {
    const aborting = await tabs.open('signal', {}, async ({ url, init }) => {
      tab.controller = new AbortController();
      const stream = await sse.connect(url, { ...init, signal: tab.controller.signal });
      (async () => {
        for await (const event of stream) tab.ids.push(Number(event.lastEventId));
      })().catch((error) => tab.log.push(error.code));
    });
    const other = await tabs.open('signal');
    const feed = tabs.feed('signal');
    await sees(aborting, feed.publish());
    await aborting.evaluate(() => tab.controller.abort());
    await sees(other, feed.publish());
    await until(() => feed.requests.length === 2);
    await sees(other, feed.publish());
    assert.deepEqual(await log(aborting), ['aborted']);
    assert.deepEqual(await ids(aborting), [0]);
    assert.deepEqual(await log(other), ['open 200 1']);
  });

  test('a POST whose tab has gone is not sent again without an id, and goes on with one', async () => {
    const init = { method: 'POST', body: 'a prompt' };
    const feed = tabs.feed('post');
    const first = await tabs.open('post', init, slowly);
    const second = await tabs.open('post', init, slowly);
    await first.close();
    await second.waitForFunction(() => tab.log.length > 0, null, { polling: 20 });
    assert.deepEqual(await log(second), ['no-replay']);
    assert.equal(feed.requests.length, 1);

    const third = await tabs.open('post', init, slowly);
    const fourth = await tabs.open('post', init, slowly);
    await fourth.evaluate(() => tab.release());
    await sees(fourth, feed.publish());
    await third.close();
    await until(() => feed.requests.length === 3);
    await sees(fourth, feed.publish());
    assert.deepEqual(
      feed.requests.map(({ method, id }) => [method, id]),
      [
        ['POST', undefined],
        ['POST', undefined],
        ['POST', '0'],
      ],
    );
  });
});

describe('pages that do not run, and other places', () => {
  let tabs;
  before(async () => {
    tabs = await openTabs();
  });
  afterEach(() => tabs.clear());
  after(() => tabs?.close());

  // A headless Chromium freezes no page so that it hears of it, and does not keep one for which others wait.
  const gone = {
    frozen: () => document.dispatchEvent(new Event('freeze')),
    cached: () => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })),
  };
  const back = {
    frozen: () => document.dispatchEvent(new Event('resume')),
    cached: () => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })),
  };
  for (const how of ['frozen', 'cached']) {
    test(`an owner that is ${how} hands over, and comes back behind what it had`, async () => {
      const owner = await tabs.open(how);
      const feed = tabs.feed(how);
      const other = await tabs.open(how);
      await sees(owner, feed.publish(3));
      await owner.evaluate(gone[how]);
      await until(() => feed.requests.length === 2);
      const last = feed.publish(5);
      await sees(other, last);
      assert.equal((await ids(owner)).length, 3);
      await owner.evaluate(back[how]);
      await sees(owner, last);
      assert.deepEqual(await ids(owner), [0, 1, 2, 3, 4, 5, 6, 7]);
      assert.deepEqual(await log(owner), ['open 200 1']);
      assert.equal(await tabs.owner(how), other);
      // It is a follower now, and waits for its turn.
      await other.close();
      await until(() => feed.requests.length === 3);
      await sees(owner, feed.publish());
      assert.deepEqual(await ids(owner), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
      await until(() => feed.open.size === 1);
    });
  }

  test('a page goes to the back/forward cache and returns, as a follower and as the only one', async () => {
    const other = await tabs.open('back');
    const feed = tabs.feed('back');
    const tab = await tabs.open('back');
    await sees(tab, feed.publish(3));
    await tab.evaluate(() =>
      addEventListener('pageshow', ({ persisted }) => globalThis.tab.log.push(`persisted ${persisted}`)),
    );
    await tab.goto(`${tabs.url}/elsewhere`);
    await sees(other, feed.publish(3));
    await tab.goBack({ waitUntil: 'commit' });
    await sees(tab, 5);

    await other.close();
    await until(() => feed.requests.length === 2);
    await tab.goto(`${tabs.url}/elsewhere`);
    await until(() => feed.open.size === 0);
    const last = feed.publish(3);
    await tab.goBack({ waitUntil: 'commit' });
    await sees(tab, last);
    assert.deepEqual(await ids(tab), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(await log(tab), ['open 200 1', 'persisted true', 'persisted true']);
    assert.deepEqual(
      feed.requests.map(({ id }) => id),
      [undefined, '5', '5'],
    );
  });

  test('a worker takes part', async () => {
    const feed = tabs.feed('worker');
    const page = await tabs.open('worker', {}, async ({ url, init }) => {
      const source = `
        const { EventSource } = await import('${location.origin}/dist/index.js');
        const source = new EventSource('${new URL(url, location)}', ${JSON.stringify(init)});
        source.onopen = () => postMessage('open');
        source.onmessage = (event) => postMessage(Number(event.lastEventId));`;
      tab.worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), { type: 'module' });
      await new Promise((done) => {
        tab.worker.onmessage = ({ data }) => (data === 'open' ? done() : tab.ids.push(data));
      });
    });
    const other = await tabs.open('worker');
    await sees(other, feed.publish(3));
    await sees(page, 2);
    assert.equal(feed.requests.length, 1);
    await page.evaluate(() => tab.worker.terminate());
    await until(() => feed.requests.length === 2);
    await sees(other, feed.publish());
    assert.deepEqual(await ids(other), [0, 1, 2, 3]);
  });

  test('without Web Locks or BroadcastChannel each has a connection of its own', async () => {
    const feed = tabs.feed('alone');
    await tabs.open('alone');
    for (const missing of ['BroadcastChannel', 'locks']) {
      await tabs.open('alone', { missing }, async ({ url, init }) => {
        const target = init.missing === 'locks' ? navigator : globalThis;
        Object.defineProperty(target, init.missing, { value: undefined });
        const source = new sse.EventSource(url, init);
        await new Promise((done) => (source.onopen = done));
        source.close();
      });
    }
    assert.equal(feed.requests.length, 3);
    await until(() => feed.open.size === 1);
  });
});
