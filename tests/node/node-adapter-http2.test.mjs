// eventsource-wasm/node over HTTP/2 and TLS: the compatibility API of node:http2.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import { describe, test } from 'node:test';

import { toNodeListener } from 'eventsource-wasm/node';
import { eventStream } from 'eventsource-wasm/server';

import { listen, steady, until, watchProcess } from './listening.mjs';

/** A session with a server that has this listener. */
async function session(t, listener) {
  const server = http2.createServer(listener);
  const port = await listen(t, server);
  const client = http2.connect(`http://127.0.0.1:${port}`);
  t.after(() => client.destroy());
  return client;
}

/** Asks, and answers with the headers and, later, the text. */
async function ask(client, headers = {}, body) {
  const stream = client.request({ ':path': '/', ...headers }, { endStream: body === undefined });
  stream.on('error', () => undefined);
  if (body !== undefined) stream.end(body);
  const [found] = await once(stream, 'response');
  const answer = { headers: found, stream, text: '' };
  stream.setEncoding('utf8').on('data', (piece) => (answer.text += piece));
  answer.closed = new Promise((done) => stream.on('close', done));
  return answer;
}

describe('over HTTP/2', () => {
  test('a request and its answer', async (t) => {
    const seen = watchProcess(t);
    const listener = toNodeListener(
      async (request) =>
        new Response(JSON.stringify([request.url, request.method, ...request.headers, await request.text()]), {
          statusText: 'Fine',
          headers: [
            ['set-cookie', 'a=1'],
            ['set-cookie', 'b=2'],
            ['connection', 'close'],
          ],
        }),
    );
    const client = await session(t, listener);
    const headers = { ':method': 'POST', ':authority': 'example.test', ':path': '/a?b', cookie: ['a=1', 'b=2'] };
    const answer = await ask(client, headers, 'body');
    await answer.closed;
    assert.deepEqual(JSON.parse(answer.text), [
      'http://example.test/a?b',
      'POST',
      ['cookie', 'a=1; b=2'],
      ['host', 'example.test'],
      'body',
    ]);
    assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
    assert.deepEqual(seen, { rejections: [], warnings: [], console: [] });
  });

  test('HEAD, 204 and a POST without a body', async (t) => {
    let cancelled = false;
    const listener = toNodeListener((request) => {
      if (request.method === 'POST') return new Response(String(request.body));
      const body = new ReadableStream({ cancel: () => void (cancelled = true) });
      return request.method === 'HEAD' ? new Response(body) : new Response(null, { status: 204 });
    });
    const client = await session(t, listener);
    for (const [method, expected] of Object.entries({ HEAD: '200 ', GET: '204 ', POST: '200 null' })) {
      const answer = await ask(client, { ':method': method });
      await answer.closed;
      assert.equal(`${answer.headers[':status']} ${answer.text}`, expected);
    }
    assert.ok(cancelled);
  });

  test('a stream that is reset: the body is cancelled, the request aborts, and the session goes on', async (t) => {
    let [request, reason] = [];
    const listener = toNodeListener((given) => {
      request = given;
      return eventStream(given, async (stream) => {
        await stream.send('first');
        reason = await stream.closed;
      });
    });
    const client = await session(t, listener);
    const answer = await ask(client);
    await until(() => answer.text.includes('data: first'));
    answer.stream.close(http2.constants.NGHTTP2_CANCEL);
    await until(() => reason && request.signal.aborted);
    assert.equal(reason.code, 'cancelled');
    [reason] = [];
    const second = await ask(client);
    await until(() => second.text.includes('data: first'));
    client.destroy();
    await until(() => reason);
    assert.equal(reason.code, 'cancelled');
  });

  test('an upload that breaks off is an error for its reader, not its end', async (t) => {
    let failure;
    const listener = toNodeListener(async (request) => {
      failure = await request.text().catch((error) => error);
      return new Response('late');
    });
    const client = await session(t, listener);
    const stream = client.request({ ':path': '/', ':method': 'POST' });
    stream.on('error', () => undefined).write('part');
    await new Promise((done) => setTimeout(done, 30));
    // (A stream that is closed ends its upload first.)
    client.destroy();
    await until(() => failure);
    assert.ok(failure instanceof Error, `${failure}`);
  });

  test('a stalled stream holds the producer up', async (t) => {
    let sent = 0;
    const listener = toNodeListener((request) =>
      eventStream(request, async (stream) => {
        for (; sent < 500; sent++) await stream.send('x'.repeat(32 * 1024));
      }),
    );
    const client = await session(t, listener);
    const stream = client.request({ ':path': '/' });
    await once(stream, 'response');
    await until(() => sent > 0);
    await steady(() => sent);
    assert.ok(sent < 100, `${sent} of 500 frames were sent`);
    let received = 0;
    for await (const piece of stream) received += piece.length;
    assert.equal(sent, 500);
    assert.ok(received > 500 * 32 * 1024);
  });

  test('a body that fails resets the stream, behind what was sent', async (t) => {
    const errors = [];
    const body = () => {
      let pulls = 0;
      return new ReadableStream({
        pull(controller) {
          if (pulls++) controller.error(new Error('broken'));
          else controller.enqueue(new TextEncoder().encode('part'));
        },
      });
    };
    const listener = toNodeListener(() => new Response(body()), { onError: ({ message }) => errors.push(message) });
    const client = await session(t, listener);
    const answer = await ask(client);
    await answer.closed;
    assert.equal(answer.stream.rstCode, http2.constants.NGHTTP2_INTERNAL_ERROR);
    assert.equal(answer.text, 'part');
    assert.deepEqual(errors, ['broken']);
  });

  test('a handler that fails: 500', async (t) => {
    const errors = [];
    const listener = toNodeListener(() => Promise.reject(new Error('secret')), {
      onError: ({ message }) => errors.push(message),
    });
    const client = await session(t, listener);
    const answer = await ask(client);
    await answer.closed;
    assert.deepEqual([answer.headers[':status'], answer.text, errors], [500, '', ['secret']]);
  });
});

describe('over TLS', () => {
  // A key that both have: no certificate is needed.
  const psk = Buffer.alloc(32, 1);
  const shared = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' };
  const ofServer = { ...shared, pskCallback: () => psk };
  const ofClient = {
    ...shared,
    pskCallback: () => ({ psk, identity: 'test' }),
    checkServerIdentity: () => undefined,
    headers: { host: 'example.test' },
  };
  const events = toNodeListener((request) => eventStream(request, [request.url]));

  for (const [name, server] of Object.entries({
    'node:https': () => https.createServer(ofServer, events),
    'node:http2, for a client of HTTP/1': () => http2.createSecureServer({ ...ofServer, allowHTTP1: true }, events),
  })) {
    test(`${name}: the URL says so`, async (t) => {
      const port = await listen(t, server());
      const [response] = await once(https.get({ ...ofClient, port, host: '127.0.0.1' }), 'response');
      let text = '';
      for await (const piece of response.setEncoding('utf8')) text += piece;
      assert.equal(text, ': \n\ndata: https://example.test/\n\n');
    });
  }

  test('node:http2', async (t) => {
    const port = await listen(t, http2.createSecureServer({ ...ofServer, allowHTTP1: true }, events));
    const client = http2.connect(`https://127.0.0.1:${port}`, { ...ofClient, headers: undefined });
    t.after(() => client.destroy());
    const answer = await ask(client, { ':authority': 'example.test' });
    await answer.closed;
    assert.equal(answer.text, ': \n\ndata: https://example.test/\n\n');
  });
});
