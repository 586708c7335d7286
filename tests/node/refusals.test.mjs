// What a caller can do wrong or call off, reading and writing, and how it is told.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, createParser, events, EventSource, EventSourceError } from 'eventsource-wasm';
import { EventSourceError as ServerError, encode, EventEncoderStream, eventStream } from 'eventsource-wasm/server';

import { assertError, FACES, MESSAGE } from '../e2e/faces.mjs';
import { EVENT_STREAM, settle, until, withServer } from '../e2e/node-server.mjs';

for (const [face, run] of Object.entries(FACES)) {
  describe(`${face}: requests that cannot be made`, () => {
    const thrown = new RangeError('no token');
    const throws = () => {
      throw thrown;
    };
    const inits = {
      'headers that throw': { headers: throws },
      'headers that reject': { headers: () => Promise.reject(thrown) },
      'a body that throws': { body: throws },
      'a body that rejects': { body: async () => throws() },
    };
    for (const [name, init] of Object.entries(inits)) {
      test(name, () =>
        withServer(
          () => undefined,
          async ({ url, requests }) => {
            const { error } = await run(url, init);
            assertError(error, 'invalid-request', { attempt: 1, willRetry: false });
            assert.equal(error.cause, thrown);
            await settle();
            assert.equal(requests.length, 0);
          },
        ),
      );
    }

    test('a header that is none', async () => {
      const { error } = await run('http://127.0.0.1:9/', { headers: { 'not a name': 'x' } });
      assertError(error, 'invalid-request');
      assert.ok(error.cause instanceof TypeError);
    });

    test('a request that no fetch would send', async () => {
      for (const [url, init] of [
        ['http://user:secret@127.0.0.1:9/', {}],
        ['http://127.0.0.1:9/', { method: 'GET', body: 'x' }],
        ['http://127.0.0.1:9/', { method: 'TRACE' }],
      ]) {
        const { error } = await run(url, init);
        assertError(error, 'invalid-request', { attempt: 1, willRetry: false });
        assert.ok(error.cause instanceof TypeError);
      }
    });

    test('a fetch that gives no Response', async () => {
      for (const given of [undefined, null, 'text', {}]) {
        const { error } = await run('http://127.0.0.1:9/', { fetch: async () => given });
        assertError(error, 'invalid-request', { attempt: 1, willRetry: false });
        assert.match(error.cause.message, /^expected fetch to give a Response, found /);
      }
    });

    test('a scheme that cannot be fetched', async () => {
      for (const url of ['ftp://example.org/', 'mailto:someone@example.org', 'about:blank', 'ws://example.org/']) {
        const { error } = await run(url, {});
        assertError(error, 'invalid-url', { willRetry: false });
        assert.match(error.message, new RegExp(`found ${url}`));
      }
    });
  });

  describe(`${face}: the caller's signal`, () => {
    const reason = new Error('changed my mind');

    test('aborted before the start sends nothing', () =>
      withServer(
        () => undefined,
        async ({ url, requests, open }) => {
          assertError((await run(url, { signal: AbortSignal.abort(reason) })).error, 'aborted', { cause: reason });
          await settle();
          assert.equal(requests.length + open.size, 0);
        },
      ));

    const phases = {
      'while the headers are made': { handle: () => undefined, init: { headers: () => new Promise(() => undefined) } },
      'while it connects': { handle: () => undefined, when: ({ requests }) => requests.length === 1 },
      'while it reads': {
        handle: (request, response) => response.writeHead(200, EVENT_STREAM).write('data: 1\n\n'),
        when: ({ requests }) => requests.length === 1,
      },
      'while it waits': {
        handle: (request, response) => response.writeHead(503).end(),
        init: { retry: { delay: 1e8, jitter: 0, statuses: [503] } },
        when: ({ requests }) => requests.length === 1,
      },
      'while it reads the body of a refusal': {
        handle: (request, response) => response.writeHead(404).write('no'),
        when: ({ requests }) => requests.length === 1,
        code: 'http-status',
      },
    };
    for (const [name, { handle, init, when = () => true, code = 'aborted' }] of Object.entries(phases)) {
      test(`aborted ${name}`, () =>
        withServer(handle, async (server) => {
          const controller = new AbortController();
          const running = run(server.url, { ...init, signal: controller.signal });
          await until(() => when(server));
          await settle();
          controller.abort(reason);
          const { error } = await running;
          assertError(error, code, { willRetry: false, ...(code === 'aborted' ? { cause: reason } : {}) });
          await until(() => server.open.size === 0);
          await settle();
          assert.ok(server.requests.length <= 1);
        }));
    }
  });
}

test('a URL that does not parse is a SyntaxError', async () => {
  for (const url of ['/relative', 'http://', 'http://[', '']) {
    const check = (error) => {
      assert.ok(error instanceof DOMException);
      assert.equal(error.name, 'SyntaxError');
      assert.match(error.message, MESSAGE);
      return true;
    };
    assert.throws(() => new EventSource(url), check);
    await assert.rejects(connect(url), check);
  }
});

test('the parser face has the same error for an event that is too large', async () => {
  const bytes = new TextEncoder().encode(`data: 1\n\ndata: ${'x'.repeat(100)}\n\ndata: 2\n\n`);
  const seen = [];
  const parser = createParser({ onEvent: ({ data }) => seen.push(data), maxEventSize: 50 });
  assert.throws(
    () => parser.feed(bytes),
    (error) => (assertError(error, 'event-too-large'), true),
  );
  assert.deepEqual(seen, ['1', '2']);
  await assert.rejects(
    async () => {
      for await (const event of events(new Response(bytes), { maxEventSize: 50 })) assert.equal(event.data, '1');
    },
    (error) => (assertError(error, 'event-too-large'), true),
  );
  await assert.rejects(
    events(new Response(bytes), { signal: AbortSignal.abort('why') }).next(),
    (error) => (assertError(error, 'aborted', { cause: 'why' }), true),
  );
});

describe('writing', () => {
  const refused = [
    ['invalid-event', { event: 'a\nb', data: '' }],
    ['invalid-event', { event: '\r', data: '' }],
    ['invalid-id', { id: 'a\n', data: '' }],
    ['invalid-id', { id: '\rb', data: '' }],
    ['invalid-id', { id: 'é\0', data: '' }],
    ...[-1, 1.5, NaN, Infinity, 2 ** 60, '5'].map((retry) => ['invalid-retry', { retry }]),
  ];
  const request = () => new Request('http://localhost/');
  for (const [code, event] of refused) {
    test(`${code}: ${JSON.stringify({ ...event, retry: event.retry && String(event.retry) })}`, async () => {
      const check = (error) => (assertError(error, code), true);
      assert.throws(() => encode(event), check);
      assert.throws(() => encode(['fine', event]), check);
      assert.equal(new TextDecoder().decode(encode('next')), 'data: next\n\n');

      // Nothing of it is written, and the stream goes on.
      const response = eventStream(request(), async (stream) => {
        await assert.rejects(stream.send(event), check);
        await stream.send('next');
      });
      assert.equal(await response.text(), ': \n\ndata: next\n\n');

      const { readable, writable } = new EventEncoderStream();
      const writer = writable.getWriter();
      const writing = assert.rejects(writer.write(event), check);
      await assert.rejects(readable.getReader().read(), check);
      await writing;
      await assert.rejects(writer.closed, check);
    });
  }

  test('options that are not what they should be', () => {
    assert.throws(
      () => eventStream(request(), () => undefined, { retry: -1 }),
      (error) => (assertError(error, 'invalid-retry'), true),
    );
    for (const init of [{ heartbeat: -1 }, { heartbeat: 'x' }, { maxBuffer: NaN }]) {
      assert.throws(() => eventStream(request(), () => undefined, init), { name: 'RangeError', message: MESSAGE });
    }
  });

  test('data without a JSON form', () => {
    for (const data of [() => 1, Symbol('x')])
      assert.throws(() => encode({ data }), { name: 'TypeError', message: MESSAGE });
  });

  test('a send after the end', async () => {
    let ended;
    const response = eventStream(request(), (stream) => {
      stream.close();
      ended = stream;
    });
    await response.text();
    await assert.rejects(ended.send('late'), (error) => (assertError(error, 'closed'), true));
    assertError(ended.signal.reason, 'closed');
  });

  test('one error class for all entries', () => assert.equal(ServerError, EventSourceError));
});
