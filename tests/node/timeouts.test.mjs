// connectTimeout and idleTimeout, against a server that is silent in every way.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, EventSource } from 'eventsource-wasm';

import { assertError, FACES } from '../e2e/faces.mjs';
import { EVENT_STREAM, settle, until, withServer } from '../e2e/node-server.mjs';

const RETRY = { delay: 0, maxAttempts: 3 };

for (const [face, run] of Object.entries(FACES)) {
  describe(`${face}: time limits`, () => {
    test('no response within connectTimeout: the request is dropped, and tried again by the policy', () =>
      withServer(
        () => undefined,
        async ({ url, open }) => {
          // Not what the server has seen: on a busy machine an attempt may be over before it gets there.
          let attempts = 0;
          const fetch = (...request) => (attempts++, globalThis.fetch(...request));
          const { error } = await run(url, { fetch, connectTimeout: 20, retry: RETRY });
          assertError(error, 'retries-exhausted', { attempt: 3 });
          assert.match(error.message, /expected a response within 20 ms, found none/);
          assert.equal(error.cause, undefined);
          assert.equal(attempts, 3);
          await until(() => open.size === 0);

          const post = { fetch, body: 'pay', connectTimeout: 20, retry: RETRY };
          assertError((await run(url, post)).error, 'connect-timeout');
          assert.equal(attempts, 4, 'a POST may have been carried out');
        },
      ));

    test('a response in time is read as long as it takes', () =>
      withServer(
        async (request, response) => {
          response.writeHead(200, EVENT_STREAM).write('data: 1\n\n');
          await settle(80);
          response.end('data: 2\n\n');
        },
        async ({ url, requests }) => {
          const { seen } = await run(url, { connectTimeout: 60_000, retry: { ...RETRY, maxAttempts: 1 } });
          assert.deepEqual(seen, ['1', '2']);
          assert.equal(requests.length, 1);
        },
      ));

    const silent = {
      'behind the headers': (response) => response.flushHeaders(),
      'behind an event': (response) => response.write('data: x\n\n'),
      'in the middle of an event': (response) => response.write('data: x'),
    };
    for (const [where, write] of Object.entries(silent)) {
      test(`silence ${where} for idleTimeout: the stream is dropped, and gone on with by the policy`, () =>
        withServer(
          (request, response) => write(response.writeHead(200, EVENT_STREAM)),
          async ({ url, requests, open }) => {
            let failures = 0;
            const retry = ({ error }) => {
              assertError(error, 'idle-timeout');
              assert.equal(error.message, 'expected bytes within 30 ms, found none');
              return ++failures < 3 && 0;
            };
            const { error } = await run(url, { idleTimeout: 30, retry });
            assertError(error, 'idle-timeout', { attempt: 3, willRetry: false });
            assert.equal(requests.length, 3);
            await until(() => open.size === 0);
          },
        ));
    }

    test('any byte counts, a comment or a part of one too', () =>
      withServer(
        async (request, response, number) => {
          if (number > 1) return response.writeHead(204).end();
          response.writeHead(200, EVENT_STREAM).flushHeaders();
          // Longer in all than the limit, in pieces of a fiftieth of it.
          for (let count = 0; count < 80 && !response.destroyed; count++) {
            response.write(count % 3 ? ':' : '\n');
            await settle(20);
          }
          response.end('\ndata: there\n\n');
        },
        async ({ url, requests }) => {
          const { seen } = await run(url, { idleTimeout: 1000, retry: { delay: 0 } });
          assert.deepEqual(seen, ['there']);
          assert.equal(requests.length, 2);
        },
      ));
  });
}

test('a consumer that holds the reading back is not silence of the server', () =>
  withServer(
    (request, response, number) => {
      if (number > 1) return response.writeHead(204).end();
      response.writeHead(200, EVENT_STREAM);
      // More than what all buffers hold, so that it is the consumer whom the reading waits for.
      for (let n = 0; n < 200; n++) response.write(`data: ${n}${' '.repeat(64 * 1024)}\n\n`);
      response.end();
    },
    async ({ url, requests }) => {
      const stream = await connect(url, { idleTimeout: 100, retry: { delay: 0 } });
      let count = 0;
      for await (const { data } of stream) {
        assert.equal(parseInt(data, 10), count++);
        if (count % 50 === 1) await settle(400);
      }
      assert.equal(count, 200);
      assert.equal(requests.length, 2);
    },
  ));

test('a thread that is busy takes no data for late that has come', () =>
  withServer(
    (request, response, number) => {
      if (number > 1) return response.writeHead(204).end();
      response.writeHead(200, EVENT_STREAM).write('data: 1\n\n');
      setTimeout(() => response.end('data: 2\n\n'), 20);
    },
    async ({ url, requests }) => {
      const errors = [];
      const source = new EventSource(url, { connectTimeout: 100, idleTimeout: 100, retry: { delay: 0 } });
      source.onerror = ({ error }) => errors.push(error.code);
      source.onmessage = ({ data }) => {
        // Behind this the read is pending, and the second event comes while nothing can run.
        if (data === '1') setTimeout(() => block(250));
      };
      await until(() => source.readyState === 2);
      assert.deepEqual(errors, ['stream-ended', 'http-status']);
      assert.equal(requests.length, 2);
    },
  ));

test('closing leaves no timer', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  await withServer(
    (request, response) => request.url.endsWith('?silent') || response.writeHead(200, EVENT_STREAM).flushHeaders(),
    async ({ url, requests, open }) => {
      const before = timers();
      const init = { connectTimeout: 1e6, idleTimeout: 1e6 };
      const connecting = new EventSource(`${url}?silent`, init);
      const reading = await connect(url, init);
      await until(() => requests.length === 2);
      connecting.close();
      reading.close();
      await until(() => open.size === 0);
      await settle();
      assert.ok(timers() <= before, `${timers()} timers, ${before} before`);
    },
  );
});

test('a fetch that does not mind its signal: the attempt ends all the same, and a late response is cancelled', async () => {
  const cancelled = [];
  const late = [];
  let calls = 0;
  const fetch = () => {
    const number = ++calls;
    if (number > 2) return Promise.resolve(new Response(null, { status: 204 }));
    const body = new ReadableStream({ cancel: () => void cancelled.push(number) });
    return new Promise((done) => late.push(() => done(new Response(body, { headers: EVENT_STREAM }))));
  };
  const stream = connect('http://localhost/', { fetch, connectTimeout: 10, retry: { delay: 0 } });
  assert.equal((await stream).response.status, 204);
  assert.equal(calls, 3);
  late[0]();
  await until(() => cancelled.length === 1);

  calls = 0;
  const source = new EventSource('http://localhost/', { fetch });
  await until(() => calls === 1);
  source.close();
  late[2]();
  await until(() => cancelled.length === 2);
});

function block(milliseconds) {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}
