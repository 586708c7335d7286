// How connections are read and closed in Node, against a server that sees what stays open.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, EventSource } from 'eventsource-wasm';
import { encode } from 'eventsource-wasm/server';

import { AT_ONCE } from '../e2e/faces.mjs';
import { assertHeldUp, bodies, dataOf, EVENT_STREAM, readAll, settle, until, withServer } from '../e2e/node-server.mjs';

describe('nothing is left behind', () => {
  const hold = (request, response) => response.writeHead(200, EVENT_STREAM).write('data: 1\n\ndata: 2\n\n');
  const closings = {
    'close() at once': async ({ url }) => new EventSource(url).close(),
    'close() while it connects': async ({ url, requests }) => {
      const source = new EventSource(url.replace(/$/, '?silent'));
      await until(() => requests.length === 1);
      source.close();
    },
    'close() in the open event': ({ url }) =>
      new Promise((done) => {
        const source = new EventSource(url);
        source.onmessage = () => assert.fail('an event after close()');
        source.onopen = () => (source.close(), done());
      }),
    'close() while it reads': ({ url }) =>
      new Promise((done) => {
        const source = new EventSource(url);
        source.onmessage = ({ data }) => {
          assert.equal(data, '1');
          source.close();
          done();
        };
      }),
    'close() in the error event': ({ url }) =>
      new Promise((done) => {
        const source = new EventSource(url.replace(/$/, '?end'), { retry: { delay: 0 } });
        source.onerror = ({ error }) => (assert.equal(error.willRetry, true), source.close(), done());
      }),
    'break out of the loop': async ({ url }) => {
      for await (const { data } of await connect(url)) if (data === '1') break;
    },
    'an error in the loop': async ({ url }) => {
      await assert.rejects(async () => {
        for await (const { data } of await connect(url)) throw new Error(data);
      }, /^Error: 1$/);
    },
    'close() of a stream that nobody reads': async ({ url }) => (await connect(url)).close(),
    'close() while the loop waits': async ({ url }) => {
      const stream = await connect(url);
      setTimeout(() => stream.close(), 20);
      assert.deepEqual(dataOf(await readAll(stream)), ['1', '2']);
    },
  };
  for (const [name, run] of Object.entries(closings)) {
    test(name, () =>
      withServer(
        (request, response, number) => {
          if (request.url.endsWith('?silent')) return;
          if (request.url.endsWith('?end')) return response.writeHead(200, EVENT_STREAM).end();
          hold(request, response, number);
        },
        async (server) => {
          await run(server);
          await until(() => server.open.size === 0);
          await settle();
          assert.equal(server.open.size, 0);
          assert.ok(server.requests.length <= 1);
        },
      ),
    );
  }

  test('close() stops the rest of a batch that came in several pieces', async () => {
    const bytes = encode(Array.from({ length: 20_000 }, (_, n) => ({ id: n, data: `${n}` })));
    assert.ok(bytes.length > 3 * 128 * 1024);
    const fetch = async () => new Response(bytes, { headers: EVENT_STREAM });
    const seen = [];
    const source = new EventSource('http://localhost/', { fetch });
    await new Promise((done) => {
      source.onmessage = ({ data }) => {
        seen.push(data);
        if (data === '99') (source.close(), done());
      };
    });
    await settle();
    assert.equal(seen.length, 100);
    assert.equal(source.lastEventId, '99');

    const all = await connect('http://localhost/', { fetch, resume: 'never' });
    assert.equal((await readAll(all)).length, 20_000);
  });
});

describe('connect', () => {
  test('a slow consumer slows the reading down, and gets everything', () =>
    assertHeldUp((url) => connect(url, { retry: AT_ONCE })));

  test('response, lastEventId as of the last event taken, and many next() at a time', () =>
    withServer(bodies('id: 1\ndata: a\n\nid: 2\ndata: b\n\n: c\n\nid: 3\ndata: c\n\n'), async (server) => {
      const stream = await connect(server.url, { resume: 'never', lastEventId: '0' });
      assert.equal(stream.response.headers.get('content-type'), 'text/event-stream');
      assert.equal(stream.lastEventId, '0');
      const iterator = stream[Symbol.asyncIterator]();
      await iterator.next();
      assert.equal(stream.lastEventId, '1');
      const rest = await Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.next()]);
      assert.deepEqual(
        rest.map(({ done, value }) => (done ? 'done' : value.data)),
        ['b', 'c', 'done', 'done'],
      );
      assert.equal(stream.lastEventId, '3');
      assert.equal((await iterator.next()).done, true);
    }));

  test('close() ends the iteration, also one that begins later', () =>
    withServer(
      (request, response) => response.writeHead(200, EVENT_STREAM).write('data: 1\n\ndata: 2\n\n'),
      async (server) => {
        const stream = await connect(server.url);
        await settle();
        stream.close();
        assert.deepEqual(await readAll(stream), []);
        const other = await connect(server.url);
        const iterator = other[Symbol.asyncIterator]();
        await iterator.next();
        other.close();
        assert.equal((await iterator.next()).done, true);
        await until(() => server.open.size === 0);
      },
    ));

  test('a failure behind events is thrown when they are taken, also when nobody read yet', () =>
    withServer(
      (request, response) => {
        response.writeHead(200, EVENT_STREAM).write('data: 1\n\ndata: 2\n\n');
        setTimeout(() => response.destroy(), 20);
      },
      async (server) => {
        const stream = await connect(server.url, { resume: 'never' });
        await settle(60);
        const seen = [];
        await assert.rejects(
          async () => {
            for await (const { data } of stream) seen.push(data);
          },
          { code: 'network' },
        );
        assert.deepEqual(seen, ['1', '2']);
      },
    ));

  test('many connections at a time, each with its own events', () =>
    withServer(
      async (request, response) => {
        const name = new URL(request.url, 'http://localhost').searchParams.get('name');
        const bytes = encode(
          Array.from({ length: 50 }, (_, n) => ({ event: `type${n % 3}`, id: n, data: `漢 ${name} ${n}` })),
        );
        response.writeHead(200, EVENT_STREAM);
        for (let at = 0; at < bytes.length; at += 97) {
          response.write(bytes.subarray(at, at + 97));
          await settle(0);
        }
        response.end();
      },
      async (server) => {
        const read = async (name) =>
          dataOf(await readAll(await connect(`${server.url}?name=${name}`, { resume: 'never' })));
        const found = await Promise.all(Array.from({ length: 40 }, (_, name) => read(name)));
        found.forEach((data, name) =>
          assert.deepEqual(
            data,
            Array.from({ length: 50 }, (_, n) => `漢 ${name} ${n}`),
          ),
        );
      },
    ));
});

describe('EventSource in Node', () => {
  test('the origin of an event is that of the final URL', () =>
    withServer(
      (request, response) => response.writeHead(200, EVENT_STREAM).write('data: 1\n\n'),
      (target) =>
        withServer(
          (request, response) => response.writeHead(307, { location: target.url }).end(),
          async (server) => {
            const source = new EventSource(server.url);
            const event = await new Promise((done) => (source.onmessage = done));
            source.close();
            assert.ok(event instanceof MessageEvent);
            assert.equal(`${event.origin}/`, target.url);
            assert.equal(source.url, server.url);
            assert.equal(source.response.url, target.url);
          },
        ),
    ));

  test('anything with a string form is a URL', () => {
    for (const url of [new URL('http://localhost:1/a'), { toString: () => 'http://localhost:1/a' }]) {
      const source = new EventSource(url);
      source.close();
      assert.equal(source.url, 'http://localhost:1/a');
    }
  });
});
