// Requests and resumptions in Node, against a server that sees what is really sent.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, EventSource } from 'eventsource-wasm';
import { encode } from 'eventsource-wasm/server';

import { bodies, dataOf, EVENT_STREAM, readAll, settle, startServer, withServer } from '../e2e/node-server.mjs';
import { random } from '../e2e/random.mjs';
import { asRead, cutOf, makeStory, TYPES } from '../e2e/story.mjs';

const AT_ONCE = { delay: 0, maxAttempts: Infinity };
const SEED = Number(process.env.SEED ?? 7);

const idsOf = ({ requests }) => requests.map(({ lastEventId }) => lastEventId);

describe('the request', () => {
  test('without init is what the standard says', () =>
    withServer(bodies('data: 1\n\n'), async (server) => {
      await readAll(await connect(server.url, { retry: AT_ONCE }));
      const [{ method, headers, body }] = server.requests;
      assert.deepEqual([method, body, headers.accept], ['GET', '', 'text/event-stream']);
      assert.equal(headers['last-event-id'], undefined);
      assert.equal(headers['cache-control'], 'no-cache');
    }));

  test('method, body and headers; an Accept of the caller’s stays', () =>
    withServer(bodies(), async (server) => {
      const headers = { accept: 'text/event-stream, */*', 'x-own': 'a' };
      await readAll(await connect(server.url, { body: 'hello', headers }));
      await readAll(
        await connect(server.url, { method: 'put', body: Uint8Array.of(104, 105), headers: [['x-own', 'b']] }),
      );
      await readAll(
        await connect(server.url, { body: new URLSearchParams({ a: '1' }), headers: new Headers({ 'x-own': 'c' }) }),
      );
      const seen = server.requests.map(({ method, body, headers }) => [method, body, headers['x-own'], headers.accept]);
      assert.deepEqual(seen, [
        ['POST', 'hello', 'a', 'text/event-stream, */*'],
        ['PUT', 'hi', 'b', 'text/event-stream'],
        ['POST', 'a=1', 'c', 'text/event-stream'],
      ]);
    }));

  test('functions make headers and body for every attempt, a stream too', () =>
    withServer(bodies('id: 1\ndata: 1\n\n', 'id: 2\ndata: 2\n\n'), async (server) => {
      const made = [];
      const stream = await connect(server.url, {
        method: 'POST',
        headers: async (attempt) => (made.push(attempt), { authorization: `Bearer ${attempt}` }),
        body: (attempt) => new Blob([`body ${attempt}`]).stream(),
        retry: AT_ONCE,
      });
      await readAll(stream);
      assert.deepEqual(made, [1, 2, 3]);
      assert.deepEqual(
        server.requests.map(({ headers, body }) => [headers.authorization, body]),
        [1, 2, 3].map((attempt) => [`Bearer ${attempt}`, `body ${attempt}`]),
      );
    }));

  test('a fetch of the caller’s is used, and its signal aborts with the connection', async () => {
    let given;
    const stream = await connect('custom://anything/', {
      fetch: async (request, init) => {
        given = { request, init };
        return new Response(new ReadableStream(), { headers: EVENT_STREAM });
      },
    });
    assert.equal(given.request.url, 'custom://anything/');
    assert.equal(given.request.headers.get('accept'), 'text/event-stream');
    assert.equal(given.init.headers.accept, 'text/event-stream');
    assert.deepEqual([given.init.signal.aborted, given.request.signal.aborted], [false, false]);
    stream.close();
    assert.deepEqual([given.init.signal.aborted, given.request.signal.aborted], [true, true]);
  });

  test('a fetch of the caller’s may add to what it is given, and pass on a body of any kind', () =>
    withServer(bodies(), async (server) => {
      const fetch = (request, init) =>
        globalThis.fetch(request, { ...init, headers: { ...init.headers, authorization: 'Bearer 1' } });
      const body = () => new Blob(['a stream']).stream();
      await readAll(await connect(server.url, { fetch, body: 'a text', headers: { 'x-own': 'a' } }));
      await readAll(await connect(server.url, { fetch, method: 'POST', body, lastEventId: '7' }));
      await readAll(await connect(server.url, { fetch: (request) => globalThis.fetch(request), body: 'again' }));
      assert.deepEqual(
        server.requests.map(({ body, headers }) => [
          body,
          headers['x-own'],
          headers.authorization,
          headers['last-event-id'],
        ]),
        [
          ['a text', 'a', 'Bearer 1', undefined],
          ['a stream', undefined, 'Bearer 1', '7'],
          ['again', undefined, undefined, undefined],
        ],
      );
    }));
});

describe('going on', () => {
  for (const face of ['EventSource', 'connect']) {
    test(`${face}: 200 random cuts of the socket lose and repeat nothing, one connection at a time`, async (t) => {
      const [cuts, count, seed] = [200, 2500, SEED + face.length];
      t.diagnostic(`seed ${seed}`);
      const story = makeStory(seed, count);
      const wrong = [];
      const handle = (request, response, number) => {
        const id = server.requests[number - 1].lastEventId;
        const from = id === undefined ? 0 : story.findIndex((event) => event.id === id) + 1;
        if ((id !== undefined && from === 0) || (face === 'connect' && server.requests[number - 1].body !== 'again')) {
          wrong.push({ id, body: server.requests[number - 1].body });
        }
        response.writeHead(200, EVENT_STREAM);
        const rest = story.slice(from);
        if (number > cuts) return response.end(encode(rest));
        const bytes = encode([{ retry: 0 }, ...rest.slice(0, 40)]);
        const next = random(seed + number);
        // A POST goes on only where it has an id, so the first event must arrive.
        const { at } = cutOf(bytes, next, number === 1 ? encode(rest[0]).length * 2 : 0);
        if (number === 1 || next() < 0.5) return response.end(bytes.subarray(0, at));
        response.write(bytes.subarray(0, at), () => setTimeout(() => response.destroy(), next() * 3));
      };
      const server = await startServer(handle);
      try {
        const events = await collect(face, server.url, { retry: AT_ONCE });
        const expected = asRead(story);
        const parts = expected.findIndex((event, at) => JSON.stringify(event) !== JSON.stringify(events[at]));
        if (parts >= 0) assert.deepEqual(events[parts], expected[parts]);
        assert.equal(events.length, expected.length);
        assert.deepEqual(wrong, []);
        assert.equal(server.requests.length, cuts + 1);
        assert.equal(server.most, 1);
      } finally {
        await server.close();
      }
    });
  }

  test('the header has the id’s UTF-8, whatever characters it has', async () => {
    const ids = ['1', 'a:b', 'é', '漢字', '🚀🧪', '\u0080', '\u{10ffff}', '-\ufffd-'];
    await withServer(bodies(...ids.map((id) => `id: ${id}\ndata: \n\n`)), async (server) => {
      await readAll(await connect(server.url, { retry: AT_ONCE, lastEventId: 'from: 前' }));
      assert.deepEqual(idsOf(server), ['from: 前', ...ids]);
    });
  });

  test('an id counts from its blank line on, also without data, and an empty one resets', () =>
    withServer(
      bodies('id: 1\n\n', 'id: 2\ndata: x\n\nid: 3\ndata: unfinished\n', 'id: 4\ndata: y\n\nid\n\n', 'data: z\n\n'),
      async (server) => {
        const found = await readAll(await connect(server.url, { retry: AT_ONCE }));
        assert.deepEqual(dataOf(found), ['x', 'y', 'z']);
        assert.deepEqual(idsOf(server), [undefined, '1', '2', undefined, undefined]);
      },
    ));

  test('resume decides whether there is another request', async () => {
    const [bare, withId] = ['data: 1\n\n', 'id: 1\ndata: 1\n\n'];
    const cases = [
      [{}, bare, 2],
      [{ resume: 'never' }, withId, 1],
      [{ body: 'x' }, bare, 1],
      [{ body: 'x' }, withId, 2],
      [{ body: 'x', lastEventId: 'mine' }, bare, 1],
      [{ body: 'x', resume: 'always' }, bare, 2],
      [{ body: 'x', resume: 'never' }, withId, 1],
      [{ body: 'x', method: 'PUT' }, bare, 2],
    ];
    for (const [init, body, requests] of cases) {
      await withServer(bodies(body), async (server) => {
        assert.deepEqual(dataOf(await readAll(await connect(server.url, { ...init, retry: AT_ONCE }))), ['1']);
        await settle(10);
        assert.equal(server.requests.length, requests, JSON.stringify([init, body]));
      });
    }
  });

  test('the delay is told: Retry-After, the stream’s retry, and never more than a timer can hold', async () => {
    const cases = [
      [(response) => response.writeHead(503, { 'retry-after': '7' }).end(), 7000],
      [(response) => response.writeHead(503).end(), 5],
      [(response) => response.writeHead(200, EVENT_STREAM).end('retry: 4000\n\n'), 4000],
      [(response) => response.writeHead(200, EVENT_STREAM).end('retry: 99999999999\n\n'), 2 ** 31 - 1],
      [(response) => response.writeHead(503, { 'retry-after': '99999999999' }).end(), 2 ** 31 - 1],
    ];
    for (const [answer, delay] of cases) {
      await withServer(
        (request, response) => answer(response),
        async (server) => {
          const source = new EventSource(server.url, { retry: { delay: 5, jitter: 0, statuses: [503] } });
          const error = await new Promise((done) => (source.onerror = (event) => (source.close(), done(event.error))));
          assert.deepEqual([error.willRetry, error.delay, error.attempt], [true, delay, 1]);
          await settle(20);
          assert.equal(server.requests.length, 1);
        },
      );
    }
  });

  test('connect resolves when a later attempt opens', () =>
    withServer(
      (request, response, number) => {
        if (number < 3) response.writeHead(502).end();
        else bodies('', '', 'data: 1\n\n')(request, response, number);
      },
      async (server) => {
        const stream = await connect(server.url, { retry: AT_ONCE });
        assert.equal(stream.response.status, 200);
        assert.deepEqual(dataOf(await readAll(stream)), ['1']);
        assert.equal(server.requests.length, 4);
      },
    ));
});

async function collect(face, url, init) {
  const events = [];
  const take = ({ type, data, lastEventId }) => void events.push({ type, data, lastEventId });
  if (face === 'connect') {
    for await (const event of await connect(url, { body: 'again', ...init })) {
      take(event);
      if (event.type === 'end') break;
    }
    return events;
  }
  return new Promise((done, fail) => {
    const source = new EventSource(url, init);
    for (const type of [...TYPES, 'end']) source.addEventListener(type, take);
    source.addEventListener('end', () => (source.close(), done(events)));
    source.onerror = ({ error }) => error.willRetry || fail(error);
  });
}
