// What callers do against all expectation: it costs them an error, and nobody else anything.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { connect, EventSource, events } from 'eventsource-wasm';
import { eventStream } from 'eventsource-wasm/server';

const URL = 'http://localhost/stream';
const stream = (text) => new Response(text, { headers: { 'content-type': 'text/event-stream' } });
const all = async (source) => {
  const found = [];
  for await (const { data } of source) found.push(data);
  return found;
};

describe('edges of the client', () => {
  it('an option that cannot be read is the caller’s error, and the next connection works', async () => {
    assert.throws(() => new EventSource(URL, { retry: { delay: 5n } }), TypeError);
    const source = await connect(URL, { fetch: () => Promise.resolve(stream('data: a\n\n')), resume: 'never' });
    assert.deepEqual(await all(source), ['a']);
  });

  it('a maxEventSize that is none is refused before anything is sent', async () => {
    let calls = 0;
    const fetch = () => Promise.resolve((calls++, stream('')));
    assert.throws(() => new EventSource(URL, { fetch, maxEventSize: -1 }), RangeError);
    await assert.rejects(connect(URL, { fetch, maxEventSize: NaN }), RangeError);
    assert.equal(calls, 0);
  });

  it('a refused response whose body has been read is told without a body', async () => {
    const fetch = async () => {
      const response = new Response('no', { status: 401 });
      await response.text();
      return response;
    };
    await assert.rejects(connect(URL, { fetch }), { code: 'http-status', status: 401, body: '' });
  });

  it('leaving the loop cancels the body, also where fetch does not mind its signal', async () => {
    const cancelled = Promise.withResolvers?.() ?? withResolvers();
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('data: a\n\n')),
      cancel: () => cancelled.resolve(),
    });
    const response = new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    for await (const { data } of await connect(URL, { fetch: () => Promise.resolve(response) })) {
      assert.equal(data, 'a');
      break;
    }
    await cancelled.promise;
  });

  it('what is no Response, or has a body that is no web stream, is the caller’s error', async () => {
    const headers = new Headers({ 'content-type': 'text/event-stream' });
    for (const status of [200, 401]) {
      for (const found of [
        { status, headers, body: { pipe: () => undefined } },
        { status, headers },
        { status, headers: { 'content-type': 'text/event-stream' }, body: null },
        { headers, body: null },
        status,
        null,
      ]) {
        await assert.rejects(connect(URL, { fetch: () => found }), ({ code, cause }) => {
          assert.equal(code, 'invalid-request');
          assert.match(cause.message, /^expected fetch to give a Response, found /);
          return true;
        });
      }
    }
    const { body } = new Response('data: a\n\n');
    const fetch = () => ({ status: 200, headers, body });
    assert.deepEqual(await all(await connect(URL, { fetch, resume: 'never' })), ['a']);
  });

  // From within the caller's own function, and in each microtask up to the opening.
  for (const ticks of [undefined, 0, 1, 2, 3, 4]) {
    const when = ticks === undefined ? 'within fetch' : `${ticks} microtasks after fetch`;
    it(`close() ${when} leaves no body open, where fetch does not mind its signal`, async () => {
      const { promise: cancelled, resolve: cancel } = withResolvers();
      let closed = false;
      const close = () => {
        closed = true;
        source.close();
      };
      const source = new EventSource(URL, { fetch: () => (later(ticks, close), endless(cancel)) });
      source.onopen = source.onmessage = source.onerror = ({ type }) => assert.ok(!closed, type);
      await cancelled;
    });

    it(`reconnect() ${when} drops the first stream, also where it was about to open`, async () => {
      const { promise: cancelled, resolve: cancel } = withResolvers();
      const { promise: opened, resolve: open } = withResolvers();
      const log = [];
      const reconnect = () => {
        log.push('reconnect');
        source.reconnect();
      };
      const fetch = () => {
        log.push('fetch');
        if (log.includes('reconnect')) return endless();
        later(ticks, reconnect);
        return endless(cancel);
      };
      const source = new EventSource(URL, { fetch });
      source.onopen = () => {
        log.push('open');
        if (log.includes('reconnect')) open();
      };
      await Promise.all([cancelled, opened]);
      source.close();
      assert.deepEqual(log.slice(log.indexOf('reconnect')), ['reconnect', 'fetch', 'open']);
    });
  }

  it('reconnect() within headers that never come, and within a policy that gives up, begins anew', async () => {
    for (const name of ['headers', 'retry']) {
      let [calls, sent] = [0, 0];
      const { promise, resolve, reject } = withResolvers();
      const source = new EventSource(URL, {
        fetch: () => (++sent === 1 && name === 'retry' ? new Response('', { status: 401 }) : endless()),
        [name]: () => {
          if (++calls > 1) return {};
          source.reconnect();
          return name === 'retry' ? false : new Promise(() => undefined);
        },
      });
      source.onopen = resolve;
      source.onerror = ({ error }) => reject(error);
      await promise;
      source.close();
      assert.equal(sent, name === 'retry' ? 2 : 1);
    }
  });

  it('a chunk of many pieces is read in linear work', async () => {
    const count = 500_000;
    let last;
    let found = 0;
    for await (last of events(new Response('data: x\n\n'.repeat(count)))) found++;
    assert.equal(found, count);
    assert.equal(last.data, 'x');
  });
});

describe('edges of the server', () => {
  it('what one turn sends leaves as one chunk, whether each send is awaited or comes of an iterable', async () => {
    const sends = Array.from({ length: 200 }, (_, n) => `${n}`);
    const producers = {
      awaited: async (stream) => {
        for (const data of sends) await stream.send(data);
      },
      iterable: sends,
      'async iterable': (async function* () {
        yield* sends;
      })(),
    };
    for (const [name, producer] of Object.entries(producers)) {
      const chunks = [];
      for await (const chunk of eventStream(new Request(URL), producer, { heartbeat: false }).body) chunks.push(chunk);
      // The first bytes may leave before.
      assert.ok(chunks.length <= 2, `${name}: expected one chunk, or two, found ${chunks.length}`);
      const text = Buffer.concat(chunks).toString();
      assert.equal(text, `: \n\n${sends.map((data) => `data: ${data}\n\n`).join('')}`);
    }
  });

  it('a response that cannot be made leaves no timer', () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const request = new Request(URL);
    assert.throws(() => eventStream(request, () => undefined, { status: 204 }), TypeError);
    assert.throws(() => eventStream(request, () => undefined, { headers: { 'not a name': 'x' } }), TypeError);
    assert.equal(timers(), before);
  });

  it('data that closes its stream and opens another does not get into that', async () => {
    let [a, b, sent] = [];
    eventStream(new Request(URL), (stream) => void (a = stream), { heartbeat: false }).body.cancel();
    const first = eventStream(new Request(URL), (stream) => void (a = stream), { heartbeat: false });
    const data = {
      toJSON: () => {
        void first.body.cancel();
        b = eventStream(new Request(URL), (stream) => (stream.send('b'), stream.close()), { heartbeat: false });
        return 'secret';
      },
    };
    sent = a.send({ data });
    await assert.rejects(sent, { code: 'closed' });
    assert.equal(await b.text(), ': \n\ndata: b\n\n');
  });

  it('an id whose text is made by a call that writes does not mix with it', async () => {
    let inner;
    const id = {
      toString: () => {
        inner = eventStream(new Request(URL), [{ id: 'inner', data: '2' }], { heartbeat: false });
        return 'outer';
      },
    };
    const outer = eventStream(new Request(URL), [{ id, data: '1' }], { heartbeat: false });
    assert.equal(await outer.text(), ': \n\nid: outer\ndata: 1\n\n');
    assert.equal(await inner.text(), ': \n\nid: inner\ndata: 2\n\n');
  });
});

/** A stream that stays open behind its first event. */
function endless(cancel = () => undefined) {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('data: a\n\n')),
    cancel,
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

/** Now, or in so many microtasks and one more. */
function later(ticks, work) {
  if (ticks === undefined) work();
  else queueMicrotask(() => later(ticks > 0 ? ticks - 1 : undefined, work));
}

function withResolvers() {
  let [resolve, reject] = [];
  const promise = new Promise((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}
