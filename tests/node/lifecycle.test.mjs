// reconnect(), iteration of an EventSource, await using: one connection at a time, and none left behind.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, EventSource, events } from 'eventsource-wasm';
import { encode } from 'eventsource-wasm/server';

import { assertError } from '../e2e/faces.mjs';
import { assertHeldUp, bodies, dataOf, EVENT_STREAM, readAll, settle, until, withServer } from '../e2e/node-server.mjs';

const idsOf = ({ requests }) => requests.map(({ lastEventId }) => lastEventId);
/** Sends one event with the number of the request as its id, and stays open. */
const hold = (request, response, number) =>
  response.writeHead(200, EVENT_STREAM).write(`id: ${number}\ndata: ${number}\n\n`);

describe('reconnect()', () => {
  test('drops an open stream and goes on from the last id, without an error event, a POST too', () =>
    withServer(hold, async (server) => {
      const source = new EventSource(server.url, { body: 'x', retry: { delay: 1e8, jitter: 0 } });
      const seen = [];
      source.onerror = ({ error }) => seen.push(error.code);
      source.onopen = () => seen.push('open');
      source.onmessage = ({ data }) => {
        seen.push(data);
        if (data < 5) {
          source.reconnect();
          source.reconnect();
          assert.equal(source.readyState, 0);
        }
      };
      await until(() => seen.includes('5'));
      await until(() => server.open.size === 1);
      await settle();
      assert.deepEqual(
        seen,
        ['1', '2', '3', '4', '5'].flatMap((data) => ['open', data]),
      );
      assert.deepEqual(idsOf(server), [undefined, '1', '2', '3', '4']);
      source.close();
      source.reconnect();
      await until(() => server.open.size === 0);
      await settle();
      assert.equal(server.requests.length, 5);
    }));

  test('cuts a wait short, one that Retry-After asked for too, and begins a new row', () =>
    withServer(
      (request, response, number) =>
        number < 4 ? response.writeHead(503, { 'retry-after': '1000' }).end() : hold(request, response, number),
      async (server) => {
        const errors = [];
        const source = new EventSource(server.url, { retry: { statuses: [503], maxAttempts: 2 } });
        source.onerror = ({ error }) => errors.push([error.code, error.willRetry]);
        for (let count = 1; count < 4; count++) {
          await until(() => errors.length === count);
          source.reconnect();
        }
        await until(() => source.readyState === 1);
        assert.deepEqual(errors, Array(3).fill(['http-status', true]));
        assert.equal(server.requests.length, 4);
        source.close();
      },
    ));

  test('in a listener of the error, at once, before the first attempt, and while it connects', () =>
    withServer(
      (request, response, number) => {
        if (number === 1) return response.writeHead(200, EVENT_STREAM).end();
        if (number > 2) hold(request, response, number);
      },
      async (server) => {
        const source = new EventSource(server.url, { retry: { delay: 1e8, jitter: 0 } });
        source.reconnect();
        source.onerror = () => source.reconnect();
        await until(() => server.requests.length === 2);
        await settle();
        source.reconnect();
        await until(() => source.readyState === 1);
        await settle();
        assert.deepEqual([server.requests.length, server.open.size], [3, 1]);
        source.close();
      },
    ));

  test('never two connections at a time, whenever it is called', () =>
    withServer(
      (request, response, number) => {
        response.writeHead(200, EVENT_STREAM).write(`id: ${number}\ndata: ${number}\n\n`);
        setTimeout(() => response.end(), number % 7);
      },
      async (server) => {
        let [opens, calls, sent] = [0, 0, 0];
        const fetch = (url, init) => {
          opens++;
          sent++;
          init.signal.addEventListener('abort', () => opens--);
          assert.equal(opens, 1);
          return globalThis.fetch(url, init);
        };
        const source = new EventSource(server.url, { fetch, retry: { delay: 2 } });
        while (calls < 200) {
          await settle(calls++ % 5);
          if (calls % 3) source.reconnect();
          else await null;
        }
        source.close();
        assert.equal(opens, 0);
        const before = sent;
        await settle();
        await until(() => server.open.size === 0);
        // What is sent, and not what arrives: a request that was dropped may still be on its way.
        assert.equal(sent, before);
        assert.ok(server.requests.length <= sent);
      },
    ));

  test('has no effect on a body that was a stream', () =>
    withServer(hold, async (server) => {
      const stream = await connect(server.url, { method: 'POST', body: new Blob(['once']).stream() });
      stream.reconnect();
      for await (const { data } of stream) {
        assert.equal(data, '1');
        break;
      }
      assert.equal(server.requests.length, 1);
    }));

  test('of connect: what has been read already is taken first, nothing is lost or repeated', () =>
    withServer(
      (request, response, number) => {
        if (number > 3) return response.writeHead(204).end();
        const from = Number(server.requests[number - 1].lastEventId ?? 0);
        const list = Array.from({ length: 50 }, (_, n) => ({ id: from + n + 1, data: `${from + n + 1}` }));
        response.writeHead(200, EVENT_STREAM).write(encode(list));
      },
      async (held) => {
        server = held;
        const stream = await connect(held.url, { body: 'x' });
        const seen = [];
        for await (const { data } of stream) {
          seen.push(Number(data));
          if (seen.length % 50 === 10) stream.reconnect();
        }
        assert.deepEqual(
          seen,
          Array.from({ length: 150 }, (_, n) => n + 1),
        );
        assert.deepEqual(idsOf(held), [undefined, '50', '100', '150']);
      },
    ));
  let server;
});

describe('an EventSource as an async iterable', () => {
  test('gives the events of all types as ServerSentEvent, across attempts, and ends with the 204', () =>
    withServer(bodies('event: a\nid: 1\ndata: {"n":1}\n\n', 'data: 2\n\n'), async (server) => {
      const source = new EventSource(server.url, { retry: { delay: 0 } });
      const heard = [];
      source.addEventListener('a', ({ data }) => heard.push(data));
      const found = [];
      for await (const event of source) found.push([event.type, event.json(), event.lastEventId]);
      assert.deepEqual(found, [
        ['a', { n: 1 }, '1'],
        ['message', 2, '1'],
      ]);
      assert.deepEqual(heard, ['{"n":1}']);
      assert.equal(source.readyState, 2);
    }));

  test('leaving the loop closes the source', async () => {
    const leave = {
      async break(source) {
        for await (const event of source) if (event) break;
      },
      async throw(source) {
        const failing = async () => {
          for await (const event of source) throw new Error(event.data);
        };
        await assert.rejects(failing, /^Error: 1$/);
      },
      async 'return()'(source) {
        const iterator = source[Symbol.asyncIterator]();
        await iterator.next();
        const waiting = iterator.next();
        await iterator.return();
        assert.equal((await waiting).done, true);
      },
    };
    for (const [name, run] of Object.entries(leave)) {
      await withServer(hold, async (server) => {
        const source = new EventSource(server.url);
        await run(source);
        assert.equal(source.readyState, 2, name);
        await until(() => server.open.size === 0);
        assert.equal(server.requests.length, 1);
      });
    }
  });

  test('throws the error that it is given up with, behind the events, and again to who comes late', () =>
    withServer(
      (request, response, number) =>
        number > 1
          ? response.writeHead(403).end('no')
          : response.writeHead(200, EVENT_STREAM).end('data: 1\n\ndata: 2\n\n'),
      async (server) => {
        const source = new EventSource(server.url, { retry: { delay: 0 } });
        const seen = [];
        const read = async () => {
          for await (const { data } of source) seen.push(data);
        };
        const check = (error) => (assertError(error, 'http-status', { status: 403, body: 'no' }), true);
        await assert.rejects(read, check);
        assert.deepEqual(seen, ['1', '2']);
        await assert.rejects(read, check);
      },
    ));

  test('ends without an error when it is closed, and gives nothing after that', () =>
    withServer(
      (request, response) => response.writeHead(200, EVENT_STREAM).write('data: 1\n\ndata: 2\n\ndata: 3\n\n'),
      async (server) => {
        const source = new EventSource(server.url);
        const seen = [];
        for await (const { data } of source) {
          seen.push(data);
          if (data === '2') source.close();
        }
        assert.deepEqual(seen, ['1', '2']);
        assert.deepEqual(await readAll(source), []);
      },
    ));

  test('a loop that is slow holds the reading', () =>
    assertHeldUp((url) => new EventSource(url, { retry: { delay: 0 } })));

  test('several of one source get all events each, at the pace of the slowest', () =>
    withServer(bodies('data: 1\n\ndata: 2\n\n', 'data: 3\n\n', 'data: 4\n\n'), async (server) => {
      const source = new EventSource(server.url, { retry: { delay: 0 } });
      const read = async (pause) => {
        const seen = [];
        for await (const { data } of source) {
          seen.push(data);
          await settle(pause);
        }
        return seen;
      };
      assert.deepEqual(await Promise.all([read(0), read(20), read(5)]), Array(3).fill(['1', '2', '3', '4']));
    }));

  test('many next() at a time are answered in their order', () =>
    withServer(bodies('data: 1\n\ndata: 2\n\n', 'data: 3\n\n'), async (server) => {
      const iterator = new EventSource(server.url, { retry: { delay: 0 } })[Symbol.asyncIterator]();
      const found = await Promise.all(Array.from({ length: 5 }, () => iterator.next()));
      assert.deepEqual(
        found.map(({ value }) => value?.data),
        ['1', '2', '3', undefined, undefined],
      );
    }));
});

test('await using closes both faces and their iterators', async () => {
  await withServer(hold, async (server) => {
    const closings = [
      async () => new EventSource(server.url),
      () => connect(server.url),
      async () => (await connect(server.url))[Symbol.asyncIterator](),
      async () => new EventSource(server.url)[Symbol.asyncIterator](),
      async () => events(await fetch(server.url)),
    ];
    for (const [at, make] of closings.entries()) {
      const disposable = await make();
      await until(() => server.open.size === 1);
      await disposable[Symbol.asyncDispose]();
      await until(() => server.open.size === 0);
      assert.equal(server.requests.length, at + 1);
    }
  });
});

test('an id of an event that was too large is not taken for seen', () =>
  withServer(
    (request, response, number) => {
      if (number > 1) return response.writeHead(204).end();
      response
        .writeHead(200, EVENT_STREAM)
        .write(`id: 1\ndata: 1\n\nid: 2\ndata: ${'x'.repeat(200)}\n\nid: 3\ndata: 3\n\n`);
    },
    async (server) => {
      const stream = await connect(server.url, {
        maxEventSize: 100,
        retry: ({ error }) => error.code === 'event-too-large' && 0,
      });
      assert.deepEqual(dataOf(await readAll(stream)), ['1']);
      assert.deepEqual(idsOf(server), [undefined, '1']);
    },
  ));

test('an id that came without data in front of an event that was too large is gone on from', async () => {
  for (const pause of [false, true]) {
    await withServer(
      async (request, response, number) => {
        if (number > 1) return response.writeHead(204).end();
        response.writeHead(200, EVENT_STREAM).write('data: 1\n\nid: 1\n\n');
        if (pause) await settle();
        response.write(`data: ${'x'.repeat(200)}\n\nid: 3\ndata: 3\n\n`);
      },
      async (server) => {
        // Such an id makes a POST one that can be gone on with.
        const stream = await connect(server.url, { maxEventSize: 100, body: 'x', retry: () => 0 });
        assert.deepEqual(dataOf(await readAll(stream)), ['1']);
        assert.deepEqual(idsOf(server), [undefined, '1']);
      },
    );
  }
});
