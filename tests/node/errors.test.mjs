// What a server can do wrong, and how it is told: a typed error with a stable code and a message "expected X, found Y".

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect } from 'eventsource-wasm';

import { assertError, AT_ONCE, FACES, viaEventSource } from '../e2e/faces.mjs';
import { EVENT_STREAM, settle, startServer, until, withServer } from '../e2e/node-server.mjs';

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
