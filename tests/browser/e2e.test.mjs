// End to end: Chromium on one side, workerd on the other, the package on both.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { openEndToEnd } from '../e2e/browser.mjs';
import { asRead, makeStory, TYPES } from '../e2e/story.mjs';

const CUTS = 200;
const EVENTS = 2500;
const SEED = Number(process.env.SEED ?? 20_260_101);

describe('end to end in Chromium, against workerd', () => {
  let e2e;
  before(async () => {
    e2e = await openEndToEnd();
  });
  after(() => e2e?.close());

  for (const face of ['EventSource', 'connect']) {
    test(`${face}: method, body and headers arrive`, async () => {
      const { method, headers, body } = await e2e.page.evaluate(echoInPage, face);
      assert.equal(method, 'POST');
      assert.equal(body, '{"prompt":"Grüße 🚀"}');
      assert.equal(headers.authorization, 'Bearer of attempt 1');
      assert.equal(headers['x-custom'], 'yes');
      assert.equal(headers['content-type'], 'application/json');
      assert.equal(headers.accept, 'text/event-stream');
      assert.equal(headers['last-event-id'], undefined);
    });

    test(`${face}: the first event is there before the second is sent`, async () => {
      const seen = await e2e.page.evaluate(gateInPage, { face, run: `gate-${face}` });
      assert.deepEqual(seen, ['first', 'acknowledged', 'second', 'end']);
    });

    test(`${face}: ${CUTS} random cuts lose and repeat nothing`, async (t) => {
      const seed = SEED + (face === 'connect' ? 1000 : 0);
      t.diagnostic(`seed ${seed}`);
      const run = `cut-${face}`;
      const query = { run, seed, count: EVENTS, cuts: CUTS, ...(face === 'connect' ? { post: 'go on' } : {}) };
      const found = await e2e.page.evaluate(cutInPage, { face, query, types: [...TYPES, 'end'] });
      const log = await e2e.log(run);

      const story = makeStory(seed, EVENTS);
      assert.equal(found.error, null);
      assertSame(found.events, asRead(story));
      assert.equal(log.length, CUTS + 1);
      assert.ok(log.every(({ method }) => method === (face === 'connect' ? 'POST' : 'GET')));
      // A resumption goes on behind an event that the page has, and never goes back.
      const order = log.map(({ lastEventId }) => story.findIndex(({ id }) => id === lastEventId));
      order.forEach((at, number) => assert.ok(number === 0 || at >= order[number - 1], `attempt ${number + 1}`));
      for (const where of ['character', 'name', 'anywhere']) {
        for (const kind of ['end', 'error']) {
          assert.ok(log.filter((cut) => cut.where === where && cut.kind === kind).length > 10, `${where} ${kind}`);
        }
      }
      const distinct = new Set(order).size;
      t.diagnostic(`${log.length} attempts from ${distinct} places`);
      assert.ok(distinct > CUTS / 2);
    });
  }

  test('any id comes back as its UTF-8', async () => {
    const ids = ['1', 'a:b c', 'é', '漢字', '🚀🧪', '\u0080\u00ff', 'Ünï-кириллица', '\u{10ffff}'];
    await e2e.page.evaluate(idsInPage, ids);
    const log = await e2e.log('ids');
    assert.deepEqual(
      log.map(({ lastEventId }) => lastEventId),
      // The connection behind the last id sends none of its own, so the id stays.
      ['', ...ids, ids.at(-1)],
    );
  });

  test('close() in a listener stops the rest of the batch', async () => {
    const { seen, after, readyState } = await e2e.page.evaluate(closeInPage, 'close');
    assert.deepEqual(seen, ['1', '2', '3', '4', '5']);
    assert.equal(after, 5);
    assert.equal(readyState, 2);
  });

  test('close() and break within the loop of connect stop the rest of the batch', async () => {
    assert.deepEqual(await e2e.page.evaluate(closeStreamInPage), { close: 5, break: 5 });
  });

  test('a listener that throws changes nothing else', async () => {
    const { other, handler, reported, errors, readyState } = await e2e.page.evaluate(throwInPage, 'throw');
    const all = Array.from({ length: 50 }, (_, n) => `${n + 1}`);
    assert.deepEqual(other, all);
    assert.deepEqual(handler, all);
    assert.equal(reported, 50);
    assert.deepEqual(errors, []);
    assert.equal(readyState, 1);
    assert.equal((await e2e.log('throw')).length, 1);
  });

  test('both faces in a worker of the page, with URLs relative to it', async () => {
    const [url, first, second] = await e2e.page.evaluate(
      () =>
        new Promise((done) => {
          const worker = new Worker('/web-worker.js', { type: 'module' });
          worker.onmessage = ({ data }) => (worker.terminate(), done(data));
          worker.onerror = ({ message }) => done([message]);
        }),
    );
    assert.equal(url, `${e2e.url}/echo?from=worker`);
    assert.equal(JSON.parse(first).method, 'GET');
    assert.deepEqual([JSON.parse(second).method, JSON.parse(second).body], ['POST', 'from a worker']);
  });
});

/** Compares long lists, and shows only where they part. */
function assertSame(found, expected) {
  const at = expected.findIndex((event, number) => JSON.stringify(event) !== JSON.stringify(found[number]));
  if (at >= 0) assert.deepEqual(found.slice(at, at + 2), expected.slice(at, at + 2), `event ${at}`);
  assert.equal(found.length, expected.length);
}

// What runs in the page.

async function echoInPage(face) {
  const init = {
    method: 'POST',
    body: JSON.stringify({ prompt: 'Grüße 🚀' }),
    headers: (attempt) => ({
      authorization: `Bearer of attempt ${attempt}`,
      'x-custom': 'yes',
      'content-type': 'application/json',
    }),
  };
  if (face === 'connect') {
    for await (const event of await sse.connect('/echo', init)) return event.json();
  }
  return new Promise((done, fail) => {
    const source = new sse.EventSource('/echo', init);
    source.addEventListener('echo', (event) => (source.close(), done(JSON.parse(event.data))));
    source.onerror = (event) => fail(event.error);
  });
}

async function gateInPage({ face, run }) {
  const seen = [];
  const take = async ({ type, data }) => {
    seen.push(type === 'end' ? 'end' : data);
    if (data !== 'first') return;
    seen.push('acknowledged');
    await fetch(`/ack?run=${run}`);
  };
  if (face === 'connect') {
    for await (const event of await sse.connect(`/gate?run=${run}`, { method: 'POST', body: 'x' })) {
      await take(event);
      if (event.type === 'end') return seen;
    }
  }
  return new Promise((done) => {
    const source = new sse.EventSource(`/gate?run=${run}`);
    source.onmessage = take;
    source.addEventListener('end', (event) => (source.close(), take(event), done(seen)));
  });
}

async function cutInPage({ face, query, types }) {
  const url = `/cut?${new URLSearchParams(query)}`;
  const retry = { delay: 2, maxDelay: 2, maxAttempts: Infinity };
  const events = [];
  const take = ({ type, data, lastEventId }) => void events.push({ type, data, lastEventId });
  if (face === 'connect') {
    try {
      for await (const event of await sse.connect(url, { method: 'POST', body: query.post, retry })) {
        take(event);
        if (event.type === 'end') break;
      }
      return { events, error: null };
    } catch (error) {
      return { events, error: `${error.code} ${error.message} ${error.body}` };
    }
  }
  return new Promise((done) => {
    const source = new sse.EventSource(url, { retry });
    for (const type of types) source.addEventListener(type, take);
    source.addEventListener('end', () => (source.close(), done({ events, error: null })));
    source.addEventListener('error', ({ error }) => {
      if (!error.willRetry) done({ events, error: `${error.code} ${error.message} ${error.body}` });
    });
  });
}

async function idsInPage(ids) {
  const query = new URLSearchParams([['run', 'ids'], ...ids.map((id) => ['id', id])]);
  for await (const event of await sse.connect(`/ids?${query}`, { retry: { delay: 0 } })) {
    if (event.data !== event.lastEventId) throw new Error(`expected ${event.data}, found ${event.lastEventId}`);
  }
}

async function closeInPage() {
  const seen = [];
  const source = new sse.EventSource('/burst?count=100');
  await new Promise((done) => {
    source.onmessage = (event) => {
      seen.push(event.data);
      if (event.data === '5') {
        source.close();
        done();
      }
    };
    source.onerror = () => seen.push('error');
  });
  await new Promise((done) => setTimeout(done, 50));
  return { seen, after: seen.length, readyState: source.readyState };
}

async function closeStreamInPage() {
  const counts = { close: 0, break: 0 };
  const closed = await sse.connect('/burst?count=100');
  for await (const event of closed) {
    counts.close++;
    if (event.data === '5') closed.close();
  }
  for await (const event of await sse.connect('/burst?count=100')) {
    counts.break++;
    if (event.data === '5') break;
  }
  return counts;
}

async function throwInPage(run) {
  const [other, handler, errors] = [[], [], []];
  let reported = 0;
  const report = (event) => (event.preventDefault(), reported++);
  window.addEventListener('error', report);
  const source = new sse.EventSource(`/burst?count=50&run=${run}`);
  source.addEventListener('message', () => {
    throw new Error('a listener throws');
  });
  source.onerror = (event) => errors.push(event.message);
  await new Promise((done) => {
    source.onmessage = (event) => void handler.push(event.data);
    source.addEventListener('message', (event) => {
      other.push(event.data);
      if (event.data === '50') setTimeout(done, 50);
    });
  });
  const { readyState } = source;
  source.close();
  window.removeEventListener('error', report);
  return { other, handler, reported, errors, readyState };
}
