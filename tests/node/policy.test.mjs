// A retry policy that is a function: what it is asked, what its answer does, and what is never asked.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, EventSource } from 'eventsource-wasm';

import { assertError, FACES } from '../e2e/faces.mjs';
import { bodies, dataOf, EVENT_STREAM, readAll, settle, startServer, until, withServer } from '../e2e/node-server.mjs';

/** Breaks the connection off behind these bytes. */
const cut = (response, text) => {
  response.writeHead(200, EVENT_STREAM);
  response.write(text, () => setTimeout(() => response.destroy(), 5));
};
const unauthorized = (request, response, number) => {
  if (request.headers.authorization !== 'Bearer fresh') return response.writeHead(401).end('expired');
  bodies('', 'data: in\n\n')(request, response, Math.min(number, 3));
};

for (const [face, run] of Object.entries(FACES)) {
  describe(`${face}: a function decides`, () => {
    test('401, a token that is refreshed, and the request again, a POST too and whatever resume says', async () => {
      for (const resume of ['auto', 'never']) {
        await withServer(unauthorized, async ({ url, requests }) => {
          let token = 'stale';
          const asked = [];
          const refresh = async ({ status, error, attempt }) => {
            asked.push([attempt, status, error.code, error.body]);
            if (status !== 401 || attempt > 1) return false;
            await settle(5);
            token = 'fresh';
            return 0;
          };
          const headers = async () => ({ authorization: `Bearer ${token}` });
          const { seen } = await run(url, { body: 'prompt', headers, retry: refresh, resume });
          assert.deepEqual(seen, ['in']);
          assert.deepEqual(asked, [[1, 401, 'http-status', 'expired']]);
          assert.deepEqual(
            requests.map(({ body, headers }) => [body, headers.authorization]),
            [
              ['prompt', 'Bearer stale'],
              ['prompt', 'Bearer fresh'],
            ],
          );
        });
      }
    });

    test('it is told all that is known', async () => {
      const answers = [
        (response) => cut(response, 'id: 7\ndata: 1\n\n'),
        (response) => response.writeHead(503, { 'retry-after': '7' }).end('busy'),
        (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
        (response) => response.writeHead(200, EVENT_STREAM).end(': \n\n'),
        (response) => response.writeHead(418).end('teapot'),
      ];
      await withServer(
        (request, response, number) => answers[number - 1](response),
        async ({ url, requests }) => {
          const contexts = [];
          const { seen, error } = await run(url, {
            retry: (context) => (contexts.push(context), context.status === 418 ? false : 0),
          });
          assert.deepEqual(seen, ['1']);
          assertError(error, 'http-status', {
            status: 418,
            attempt: 5,
            willRetry: false,
            delay: undefined,
            body: 'teapot',
          });
          assert.equal(requests.length, 5);
          assert.deepEqual(
            contexts.map(({ attempt, attemptsInRow, status, lastEventId }) => [
              attempt,
              attemptsInRow,
              status,
              lastEventId,
            ]),
            [
              [1, 1, undefined, '7'],
              [2, 2, 503, '7'],
              [3, 3, 200, '7'],
              [4, 4, undefined, '7'],
              [5, 5, 418, '7'],
            ],
          );
          const codes = ['network', 'http-status', 'content-type', 'stream-ended', 'http-status'];
          assert.deepEqual(
            contexts.map(({ error }) => error.code),
            codes,
          );
          for (const { error, response, status, elapsed, delay } of contexts) {
            assertError(error, error.code, { status, response, willRetry: delay !== false });
            assert.equal(error.delay, delay === false ? undefined : delay);
            assert.ok(elapsed >= 0);
            assert.equal(response?.status, status);
          }
          const [broken, busy, html, ended, teapot] = contexts.map(({ delay }) => delay);
          assert.ok(broken >= 0 && ended >= 0);
          assert.deepEqual([html, teapot], [false, false]);
          assert.equal(busy, face === 'connect' ? 7000 : false);
          assert.equal(contexts[0].elapsed, 0, 'a row that follows a stream with events begins with its end');
        },
      );
    });

    test('every failure that another attempt can mend is asked about', async () => {
      const failures = {
        'invalid-request': { headers: ({}) => ({ 'not a name': '' }) },
        'event-too-large': { maxEventSize: 3 },
        'connect-timeout': { connectTimeout: 20, query: '?silent' },
        'idle-timeout': { idleTimeout: 20, query: '?open' },
      };
      for (const [code, { query = '', ...init }] of Object.entries(failures)) {
        await withServer(
          (request, response) => {
            if (request.url.endsWith('?silent')) return;
            response.writeHead(200, EVENT_STREAM).write(request.url.endsWith('?open') ? ': \n' : 'data: 12345\n\n');
          },
          async ({ url, open }) => {
            const asked = [];
            const retry = ({ error }) => (asked.push(error.code), asked.length < 3 && 0);
            const { error } = await run(url + query, { ...init, retry });
            assertError(error, code, { attempt: 3, willRetry: false });
            assert.deepEqual(asked, [code, code, code]);
            await until(() => open.size === 0);
          },
        );
      }
    });

    test('what it is not asked about', async () => {
      const never = () => assert.fail('asked');
      const init = { retry: never };
      await withServer(bodies(), async ({ url }) => assert.deepEqual((await run(url, init)).seen, []));
      assertError((await run('ftp://example.org/', init)).error, 'invalid-url');
      assertError((await run('http://127.0.0.1:9/', { ...init, signal: AbortSignal.abort() })).error, 'aborted');
      await withServer(
        (request, response) => response.writeHead(401).end(),
        async ({ url, requests }) => {
          const body = new Blob(['once']).stream();
          assertError((await run(url, { ...init, method: 'POST', body })).error, 'http-status', { status: 401 });
          assert.equal(requests.length, 1);
        },
      );
      await withServer(
        (request, response) => cut(response, 'data: 1\n\n'),
        async ({ url, requests }) => {
          assertError((await run(url, { ...init, body: 'pay' })).error, 'network');
          assertError((await run(url, { ...init, resume: 'never' })).error, 'network');
          await settle();
          assert.equal(requests.length, 2);
        },
      );
    });

    test('a POST whose stream has ids is asked about, as it may be resumed', () =>
      withServer(
        (request, response, number) =>
          number === 1 ? cut(response, 'id: 1\ndata: 1\n\n') : response.writeHead(204).end(),
        async ({ url, requests }) => {
          const { seen } = await run(url, { body: 'prompt', retry: ({ error }) => error.code === 'network' && 0 });
          assert.deepEqual(seen, ['1']);
          assert.deepEqual(
            requests.map(({ lastEventId }) => lastEventId),
            [undefined, '1'],
          );
        },
      ));

    test('an answer that is none ends it, with what was thrown', async () => {
      const thrown = new RangeError('no token');
      const answers = [
        [
          () => {
            throw thrown;
          },
          thrown,
        ],
        [() => Promise.reject(thrown), thrown],
        ...[NaN, -1, -Infinity, undefined, null, true, '5', {}, 5n].flatMap((value) => [
          [() => value],
          [async () => value],
        ]),
      ];
      for (const [retry, cause] of answers) {
        await withServer(
          (request, response) => response.writeHead(401).end('no'),
          async ({ url, requests }) => {
            const { error } = await run(url, { retry });
            assertError(error, 'invalid-request', { attempt: 1, willRetry: false, status: 401 });
            if (cause) assert.equal(error.cause, cause);
            else assert.match(error.cause.message, /^expected retry to give milliseconds or false, found /);
            await settle(5);
            assert.equal(requests.length, 1);
          },
        );
      }
    });
  });
}

test('what it gives is clamped to what a timer can hold, and told', async () => {
  for (const [given, delay] of [
    [Infinity, 2 ** 31 - 1],
    [2 ** 40, 2 ** 31 - 1],
    [5.9, 5],
    [-0, 0],
  ]) {
    await withServer(
      (request, response) => response.writeHead(500).end(),
      async ({ url, requests }) => {
        const source = new EventSource(url, { retry: () => given });
        const error = await new Promise((done) => (source.onerror = (event) => (source.close(), done(event.error))));
        assertError(error, 'http-status', { willRetry: true, delay, status: 500 });
        await settle(10);
        assert.equal(requests.length, 1);
      },
    );
  }
});

test('without a default policy that gives up: as long as the function says, also for connect', () =>
  withServer(
    (request, response, number) =>
      number < 9 ? response.writeHead(503).end() : bodies('data: 1\n\n')(request, response, number - 8),
    async ({ url, requests }) => {
      const delays = [];
      const stream = await connect(url, { retry: ({ delay }) => (delays.push(delay), 0) });
      assert.deepEqual(dataOf(await readAll(stream)), ['1']);
      assert.equal(requests.length, 10);
      assert.deepEqual(
        delays.slice(4, 8),
        [false, false, false, false],
        'after five attempts the policy would give up',
      );
    },
  ));

test('false after a stream that ended in peace ends the loop of connect without an error', () =>
  withServer(bodies('data: 1\n\n', 'data: 2\n\n'), async ({ url, requests }) => {
    assert.deepEqual(dataOf(await readAll(await connect(url, { retry: () => false }))), ['1']);
    assert.equal(requests.length, 1);
  }));

test('while it thinks it can be closed, aborted and overruled', async () => {
  const server = await startServer((request, response, number) =>
    number === 2 ? bodies('data: 1\n\n')(request, response, 1) : response.writeHead(401).end(),
  );
  try {
    let asked = 0;
    const retry = () => (asked++, new Promise(() => undefined));
    const controller = new AbortController();
    const aborted = connect(server.url, { retry, signal: controller.signal });
    await until(() => asked === 1);
    controller.abort('enough');
    await assert.rejects(aborted, { code: 'aborted', cause: 'enough' });

    server.requests.length = 0;
    const source = new EventSource(server.url, { retry });
    const [errors, data] = [[], []];
    source.onerror = ({ error }) => errors.push(error.code);
    source.onmessage = (event) => data.push(event.data);
    await until(() => asked === 2);
    assert.deepEqual([source.readyState, errors], [0, []]);
    source.reconnect();
    await until(() => data.length === 1);
    await until(() => asked === 3);
    source.close();
    await settle();
    assert.deepEqual([server.requests.length, errors], [2, []]);
  } finally {
    await server.close();
  }
});

test('what is reconnected while the body of a refusal is read is not asked about', () =>
  withServer(
    (request, response, number) => {
      if (number === 1) response.writeHead(401).write('stalls');
      else bodies('data: 1\n\n')(request, response, number - 1);
    },
    async ({ url, requests }) => {
      const asked = [];
      const source = new EventSource(url, { retry: ({ error }) => (asked.push(error.code), false) });
      const data = [];
      source.onmessage = (event) => data.push(event.data);
      await until(() => requests.length === 1);
      await settle();
      source.reconnect();
      await until(() => source.readyState === 2);
      assert.deepEqual([data, asked, requests.length], [['1'], ['stream-ended'], 2]);
    },
  ));
