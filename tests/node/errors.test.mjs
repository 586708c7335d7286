// What goes wrong, and how it is told: a typed error with a stable code and a message "expected X, found Y".

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, createParser, events, EventSource, EventSourceError } from 'eventsource-wasm';
import { EventSourceError as ServerError, encode, EventEncoderStream, eventStream } from 'eventsource-wasm/server';

import { EVENT_STREAM, settle, startServer, until, withServer } from '../e2e/node-server.mjs';

const MESSAGE = /^expected .+, found .+/s;
const AT_ONCE = { delay: 0 };

function assertError(error, code, details = {}) {
  assert.ok(error instanceof EventSourceError, String(error?.stack ?? error));
  assert.ok(error instanceof Error);
  assert.equal(error.name, 'EventSourceError');
  assert.equal(error.code, code, error.message);
  assert.match(error.message, MESSAGE);
  for (const [name, value] of Object.entries(details)) assert.deepEqual(error[name], value, name);
}

/** What `connect` ends with: the error that it rejects with or its iteration throws, and the events before it. */
async function viaConnect(url, init) {
  const seen = [];
  try {
    for await (const { data } of await connect(url, init)) seen.push(data);
    return { seen, error: null };
  } catch (error) {
    return { seen, error };
  }
}

/** The same for `EventSource`: its last error event, after which it is closed. */
function viaEventSource(url, init) {
  const seen = [];
  return new Promise((done) => {
    const source = new EventSource(url, init);
    source.onmessage = ({ data }) => seen.push(data);
    source.onerror = ({ error }) => {
      if (error.willRetry) return;
      assert.equal(source.readyState, EventSource.CLOSED);
      done({ seen, error });
    };
  });
}

const FACES = { connect: viaConnect, EventSource: viaEventSource };

for (const [face, run] of Object.entries(FACES)) {
  describe(`${face}: responses that open no stream`, () => {
    test('404, with its body as text', () =>
      withServer(
        (request, response) => response.writeHead(404, { 'content-type': 'text/plain' }).end('no such stream: ü'),
        async ({ url, requests }) => {
          const { error } = await run(url, {});
          assertError(error, 'http-status', { status: 404, body: 'no such stream: ü', attempt: 1, willRetry: false });
          assert.equal(error.message, 'expected status 200, found 404');
          assert.equal(error.delay, undefined);
          assert.ok(error.response instanceof Response);
          await settle();
          assert.equal(requests.length, 1);
        },
      ));

    test('a status that is not retried, also of 2xx', async () => {
      for (const status of [201, 206, 400, 401, 403, 410, 418, 501]) {
        await withServer(
          (request, response) => response.writeHead(status, EVENT_STREAM).end('data: x\n\n'),
          async ({ url, requests }) => {
            const { seen, error } = await run(url, {});
            assertError(error, 'http-status', { status, willRetry: false });
            assert.deepEqual(seen, []);
            assert.equal(requests.length, 1);
          },
        );
      }
    });

    test('the body of an error is bounded, also one that never ends', () =>
      withServer(
        (request, response) => {
          response.writeHead(400);
          response.write('é'.repeat(200_000));
        },
        async ({ url, open }) => {
          const { error } = await run(url, {});
          assertError(error, 'http-status', { status: 400 });
          assert.ok(error.body.startsWith('ééé'));
          assert.ok(Buffer.byteLength(error.body) <= 64 * 1024);
          await until(() => open.size === 0);
        },
      ));

    test('an error whose body stalls is told all the same', () =>
      withServer(
        (request, response) => response.writeHead(400).write('the beginning'),
        async ({ url, open }) => {
          const { error } = await run(url, {});
          assertError(error, 'http-status', { status: 400, body: 'the beginning' });
          await until(() => open.size === 0);
        },
      ));

    const types = ['text/html', 'text/event-streams', 'text/plain; a=text/event-stream', 'application/json', undefined];
    for (const type of types) {
      test(`content type ${type}`, () =>
        withServer(
          (request, response) => response.writeHead(200, type ? { 'content-type': type } : {}).end('data: x\n\n'),
          async ({ url, requests }) => {
            const { seen, error } = await run(url, {});
            assertError(error, 'content-type', { status: 200, body: 'data: x\n\n', willRetry: false });
            assert.equal(error.message, `expected content type text/event-stream, found ${type ?? 'none'}`);
            assert.deepEqual(seen, []);
            assert.equal(requests.length, 1);
          },
        ));
    }

    test('the content type is compared by its essence', () =>
      withServer(
        (request, response, number) => {
          if (number > 1) response.writeHead(204).end();
          else response.writeHead(200, { 'content-type': 'Text/Event-STREAM ;charset=latin1' }).end('data: é\n\n');
        },
        async ({ url }) => {
          const { seen } = await run(url, { retry: AT_ONCE });
          assert.deepEqual(seen, ['é']);
        },
      ));
  });

  describe(`${face}: a host that cannot be reached`, () => {
    test('is a network error with its cause, and given up when the attempts are used up', async () => {
      const server = await startServer(() => undefined);
      await server.close();
      const { error } = await run(server.url, { retry: { ...AT_ONCE, maxAttempts: 3 } });
      assertError(error, 'retries-exhausted', { attempt: 3, willRetry: false });
      assert.match(error.message, /found 3 in a row to fail: expected an event stream, found a network error/);
      assert.ok(error.cause instanceof TypeError);
      assert.equal(error.cause.cause.code, 'ECONNREFUSED');

      const { error: once } = await run(server.url, { method: 'POST', retry: AT_ONCE });
      assertError(once, 'network', { attempt: 1, willRetry: false });
      assert.ok(once.cause instanceof TypeError);
    });
  });

  describe(`${face}: statuses that are tried again`, () => {
    test('until the attempts are used up; the error has the last response', () =>
      withServer(
        (request, response, number) => response.writeHead(503).end(`busy ${number}`),
        async ({ url, requests }) => {
          const { error } = await run(url, { retry: { ...AT_ONCE, maxAttempts: 4, statuses: [503] } });
          assertError(error, 'retries-exhausted', { attempt: 4, status: 503, body: 'busy 4' });
          assert.equal(requests.length, 4);
        },
      ));

    test('until the time is used up', () =>
      withServer(
        (request, response) => response.writeHead(503).end(),
        async ({ url, requests }) => {
          const retry = { delay: 1e9, maxDelay: 1e9, jitter: 0, maxElapsed: 1000, statuses: [503] };
          assertError((await run(url, { retry })).error, 'retries-exhausted', { attempt: 1 });
          assert.equal(requests.length, 1);
        },
      ));
  });

  describe(`${face}: streams`, () => {
    test('malformed lines are no error', () =>
      withServer(
        (request, response, number) => {
          if (number > 1) return response.writeHead(204).end();
          const bytes = Buffer.from(
            'garbage\n:\n::\n \nretry: x\ndatax: 1\n\0\nid\n\xff\xfe\ndata: a\xc3\n\n',
            'latin1',
          );
          response.writeHead(200, EVENT_STREAM).end(bytes);
        },
        async ({ url }) => assert.deepEqual((await run(url, { retry: AT_ONCE })).seen, ['a\ufffd']),
      ));

    const tooLarge = {
      'an endless line': (response) => {
        const more = () => void (response.destroyed || response.write('x'.repeat(500), () => setTimeout(more, 1)));
        response.write('data: ');
        more();
      },
      'an event of many lines': (response) => response.write('data: 0123456789\n'.repeat(200)),
      'an endless name': (response) => response.write('d'.repeat(5000)),
    };
    for (const [name, write] of Object.entries(tooLarge)) {
      test(`${name} over maxEventSize ends it for good, behind the events before it`, () =>
        withServer(
          (request, response) => {
            response.writeHead(200, EVENT_STREAM).write('id: 1\ndata: before\n\n');
            write(response);
          },
          async ({ url, requests, open }) => {
            const { seen, error } = await run(url, { maxEventSize: 1000, retry: AT_ONCE });
            assertError(error, 'event-too-large', { willRetry: false });
            assert.match(error.message, /at most 1000 bytes/);
            assert.deepEqual(seen, ['before']);
            await until(() => open.size === 0);
            await settle();
            assert.equal(requests.length, 1);
          },
        ));
    }

    test('a POST that has sent no id is not sent again when its stream breaks off', () =>
      withServer(
        (request, response) => {
          response.writeHead(200, EVENT_STREAM).write('data: 1\n\n');
          setTimeout(() => response.destroy(), 20);
        },
        async ({ url, requests }) => {
          const { seen, error } = await run(url, { body: 'x', retry: AT_ONCE });
          assertError(error, 'network', { willRetry: false });
          assert.deepEqual(seen, ['1']);
          await settle();
          assert.equal(requests.length, 1);
        },
      ));

    test('a body that is a stream is never sent again', () =>
      withServer(
        (request, response) => response.writeHead(200, EVENT_STREAM).end('id: 1\ndata: 1\n\n'),
        async ({ url, requests }) => {
          const body = new Blob(['once']).stream();
          const { seen, error } = await run(url, { method: 'POST', body, resume: 'always', retry: AT_ONCE });
          assertError(error, 'no-replay', { attempt: 1, willRetry: false });
          assert.deepEqual(seen, ['1']);
          await settle();
          assert.deepEqual(
            requests.map((request) => request.body),
            ['once'],
          );
        },
      ));
  });

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

describe('204', () => {
  const noContent = (request, response) => response.writeHead(204).end();

  test('ends quietly for connect: no event, no error', () =>
    withServer(noContent, async ({ url, requests }) => {
      const stream = await connect(url);
      assert.equal(stream.response.status, 204);
      for await (const event of stream) assert.fail(event.data);
      await settle();
      assert.equal(requests.length, 1);
    }));

  test('closes an EventSource with one error event, the standard’s only sign', () =>
    withServer(noContent, async ({ url, requests }) => {
      const { error } = await viaEventSource(url, { retry: AT_ONCE });
      assertError(error, 'http-status', { status: 204, willRetry: false });
      await settle();
      assert.equal(requests.length, 1);
    }));
});

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
