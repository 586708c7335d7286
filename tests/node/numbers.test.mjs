// A connection that is over gives its place in wasm memory back, and reaches for it no more: another one may have it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { settle } from '../e2e/check.mjs';
import { watchMemory } from '../client/leaks/cycles.mjs';

// What is not given back is not found by a collection either.
globalThis.FinalizationRegistry = class {
  register() {}
  unregister() {}
};
const memory = watchMemory();
const { connect, EventSource } = await import('eventsource-wasm');

const URL = 'http://localhost/';
const type = { 'content-type': 'text/event-stream' };
const endless = (text) =>
  new Response(new ReadableStream({ start: (to) => to.enqueue(Buffer.from(text)) }), { headers: type });
const ending = (text) => new Response(text, { headers: type });
const answer = (response) => ({ fetch: response });
const first = (source, name) => new Promise((done) => (source[`on${name}`] = done));

/** Every way in which a connection can be over. */
const WAYS = {
  'closed before it begins': () =>
    new EventSource(
      URL,
      answer(() => endless('')),
    ).close(),
  'closed while it connects': async () => {
    const source = new EventSource(
      URL,
      answer(() => new Promise(() => undefined)),
    );
    await null;
    source.close();
  },
  'closed while it reads': async () => {
    const source = new EventSource(
      URL,
      answer(() => endless('data: a\n\n')),
    );
    await first(source, 'message');
    source.close();
    source.close();
  },
  'closed while it waits': async () => {
    const source = new EventSource(
      URL,
      answer(() => ending('')),
    );
    await first(source, 'error');
    source.close();
  },
  'left by break': async () => {
    for await (const { data } of await connect(
      URL,
      answer(() => endless('data: a\n\n')),
    ))
      if (data) break;
  },
  'ended by the server': async () => {
    const { readyState } = (
      await first(
        new EventSource(
          URL,
          answer(() => new Response(null, { status: 204 })),
        ),
        'error',
      )
    ).target;
    assert.equal(readyState, 2);
  },
  'ended, where it is not to be resumed': async () => {
    for await (const { data } of await connect(URL, { fetch: () => ending('data: a\n\n'), resume: 'never' }))
      assert.equal(data, 'a');
  },
  refused: () =>
    assert.rejects(
      connect(
        URL,
        answer(() => new Response('no', { status: 404 })),
      ),
    ),
  'given up by a function': () =>
    assert.rejects(connect(URL, { fetch: () => Promise.reject(new TypeError('no')), retry: () => false })),
  aborted: async () => {
    const controller = new AbortController();
    const connecting = connect(URL, { fetch: () => new Promise(() => undefined), signal: controller.signal });
    await null;
    controller.abort();
    await assert.rejects(connecting, { code: 'aborted' });
  },
  'aborted before': () => assert.rejects(connect(URL, { signal: AbortSignal.abort() }), { code: 'aborted' }),
  'without a URL that can be fetched': () => assert.rejects(connect('no:where'), { code: 'invalid-url' }),
};

test('10,000 connections one after the other take the memory of the first hundred, without a collection', async () => {
  const ways = Object.values(WAYS);
  let before;
  for (let count = 0; count < 10_000; count++) {
    await ways[count % ways.length]();
    if (count === 100) before = memory();
  }
  assert.ok(before > 0);
  assert.equal(memory(), before);
});

/** What another connection gets that was made at the same moment, and so may have the place that has been given back. */
async function other() {
  const data = [];
  const init = { fetch: () => settle(2).then(() => ending('id: 1\ndata: b\n\n')) };
  const source = new EventSource(URL, { ...init, retry: { delay: 20_000, jitter: 0 } });
  source.onmessage = (event) => data.push(event.data);
  const { error } = await first(source, 'error');
  source.close();
  return [data, error.code, error.attempt, error.willRetry, error.delay];
}
const ITS_OWN = [['b'], 'stream-ended', 1, true, 20_000];

describe('what comes late does not reach who has the place now', () => {
  const cases = {
    'the fetch of one that is closed': async () => {
      const source = new EventSource(
        URL,
        answer(() => new Promise(() => undefined)),
      );
      await settle(2);
      return () => source.close();
    },
    'a response that its fetch still gives': async () => {
      let respond;
      const source = new EventSource(
        URL,
        answer(() => new Promise((done) => (respond = done))),
      );
      await settle(2);
      return () => {
        respond(new Response('no', { status: 404 }));
        source.close();
      };
    },
    'the end of its stream': async () => {
      let controller;
      const body = new ReadableStream({ start: (to) => void (controller = to) });
      const source = new EventSource(
        URL,
        answer(() => new Response(body, { headers: type })),
      );
      await first(source, 'open');
      return () => {
        controller.enqueue(Buffer.from('retry: 7\nid: 9\ndata: late\n\n'));
        controller.close();
        source.close();
      };
    },
    'the answer of its function': async () => {
      let decide;
      const retry = () => new Promise((done) => (decide = done));
      const source = new EventSource(URL, { fetch: () => new Response('no', { status: 401 }), retry });
      while (!decide) await settle(1);
      return () => {
        decide(5);
        source.close();
      };
    },
    'reconnect() and close() after the end': async () => {
      const source = new EventSource(
        URL,
        answer(() => new Response(null, { status: 204 })),
      );
      await first(source, 'error');
      return () => {
        source.reconnect();
        source.close();
      };
    },
  };
  for (const [name, make] of Object.entries(cases)) {
    test(name, async () => {
      const late = await make();
      const before = other();
      late();
      const found = await Promise.all([before, other(), other()]);
      assert.deepEqual(found, [ITS_OWN, ITS_OWN, ITS_OWN]);
    });
  }

  test('closed twice, it is given back once', async () => {
    const source = new EventSource(
      URL,
      answer(() => endless('')),
    );
    source.close();
    const one = other();
    source.close();
    assert.deepEqual(await Promise.all([one, other()]), [ITS_OWN, ITS_OWN]);
  });
});
