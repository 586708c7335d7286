// eventsource-wasm/node over real sockets: what a client gets of a response, and of what goes wrong.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { toNodeListener } from 'eventsource-wasm/node';
import { eventStream } from 'eventsource-wasm/server';

import { answerTo, dial, head, serve, watchProcess } from './listening.mjs';

describe('the response', () => {
  test('status, its text, headers, several cookies', async (t) => {
    const headers = new Headers([
      ['X-A', '1'],
      ['X-A', '2'],
      ['Set-Cookie', 'a=1, b; Path=/'],
      ['Set-Cookie', 'c=2'],
      ['Connection', 'upgrade'],
      ['Transfer-Encoding', 'identity'],
      ['Vary', 'Accept'],
    ]);
    const listener = toNodeListener(
      () => new Response('body', { status: 418, statusText: 'Short, and stout', headers }),
    );
    const middleware = (request, response) => {
      response.setHeader('X-Before', 'kept').setHeader('Set-Cookie', 'before=0').setHeader('Vary', 'Origin');
      listener(request, response);
    };
    const text = await answerTo(t, middleware);
    const [status, ...lines] = text.split('\r\n\r\n')[0].split('\r\n');
    assert.equal(status, 'HTTP/1.1 418 Short, and stout');
    assert.deepEqual(
      lines.filter((line) => !line.startsWith('Date: ')),
      [
        'X-Before: kept',
        'set-cookie: before=0',
        'set-cookie: a=1, b; Path=/',
        'set-cookie: c=2',
        'vary: Origin, Accept',
        'content-type: text/plain;charset=UTF-8',
        'x-a: 1, 2',
        'Connection: close',
        'Transfer-Encoding: chunked',
      ],
    );
    assert.ok(text.endsWith('\r\n4\r\nbody\r\n0\r\n\r\n'));
  });

  test('no content, not modified, a redirect, a length', async (t) => {
    const answers = {
      '/204': () => new Response(null, { status: 204 }),
      '/304': () => new Response(null, { status: 304, headers: { etag: '"a"' } }),
      '/redirect': () => Response.redirect('http://example.test/there', 303),
      '/length': () => new Response('four', { headers: { 'content-length': '4' } }),
      '/empty': () => new Response(null),
    };
    const { port } = await serve(
      t,
      toNodeListener(({ url }) => answers[new URL(url).pathname]()),
    );
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const found = {};
    for (const path of Object.keys(answers)) {
      const [response] = await once(http.get({ port, path, agent }), 'response');
      let body = '';
      for await (const piece of response.setEncoding('utf8')) body += piece;
      const { etag, location, 'content-length': length } = response.headers;
      found[path] = [response.statusCode, body, etag ?? location ?? length];
    }
    assert.deepEqual(found, {
      '/204': [204, '', undefined],
      '/304': [304, '', '"a"'],
      '/redirect': [303, '', 'http://example.test/there'],
      '/length': [200, 'four', '4'],
      '/empty': [200, '', '0'],
    });
  });

  test('HEAD: the headers, and the body is cancelled', async (t) => {
    let reason;
    const handler = (request) =>
      eventStream(request, async (stream) => {
        reason = await stream.closed;
      });
    const text = await answerTo(t, toNodeListener(handler), head('HEAD /', 'Connection: close'));
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*content-type: text\/event-stream\r\n(?:.+\r\n)*\r\n$/);
    assert.equal(reason.code, 'cancelled');
  });

  test('the head leaves before there is a body', async (t) => {
    const { port } = await serve(
      t,
      toNodeListener(() => new Response(new ReadableStream())),
    );
    const client = await dial(t, port, head('GET /'));
    await client.has('\r\n\r\n');
  });

  test('what fetch gives can be passed on: it is no longer compressed', async (t) => {
    const body = gzipSync('plain text');
    const upstream = await serve(t, (request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length, 'x-a': '1' }).end(body),
    );
    const { url } = await serve(
      t,
      toNodeListener(() => fetch(upstream.url)),
    );
    const response = await fetch(url);
    assert.equal(await response.text(), 'plain text');
    assert.deepEqual(
      ['content-encoding', 'content-length', 'x-a'].map((name) => response.headers.get(name)),
      [null, null, '1'],
    );
  });

  test('an event stream lives longer than the time limits for requests and idle connections', async (t) => {
    const listener = toNodeListener((request) =>
      eventStream(request, async (stream) => {
        await new Promise((done) => setTimeout(done, 300));
        await stream.send('still here');
      }),
    );
    const limits = { requestTimeout: 50, headersTimeout: 50, keepAliveTimeout: 10, connectionsCheckingInterval: 10 };
    const { url } = await serve(t, listener, limits);
    assert.equal(await (await fetch(url)).text(), ': \n\ndata: still here\n\n');
  });
});

describe('what goes wrong', () => {
  const secret = new Error('the password is 1234');
  const broken = (...chunks) =>
    new ReadableStream({
      async pull(controller) {
        if (!chunks.length) return controller.error(secret);
        controller.enqueue(chunks.shift());
      },
    });

  test('a handler that fails: 500 that does not say why, and onError that does', async (t) => {
    const seen = watchProcess(t);
    const used = new Response('used');
    await used.text();
    const cases = [
      [() => Promise.reject(secret), secret],
      [
        () => {
          throw secret;
        },
        secret,
      ],
      [() => undefined, /^TypeError: expected a handler to give a Response, found undefined$/],
      [() => Response.error(), /^RangeError: expected a response with a status from 200 on, found 0$/],
      [() => used, /^TypeError: expected a Response that nobody has read, found one whose body is used$/],
    ];
    for (const [handler, expected] of cases) {
      const errors = [];
      const text = await answerTo(t, toNodeListener(handler, { onError: (error) => errors.push(error) }));
      assert.match(text, /^HTTP\/1\.1 500 Internal Server Error\r\n(?:.+\r\n)*\r\n$/);
      assert.ok(!text.includes('1234'));
      assert.equal(errors.length, 1);
      if (expected === secret) assert.equal(errors[0], secret);
      else assert.match(String(errors[0]), expected);
    }
    assert.deepEqual([seen.rejections, seen.console], [[], []]);
  });

  test('without onError it goes to the console; what onError throws, too', async (t) => {
    const seen = watchProcess(t);
    const failing = () => Promise.reject(secret);
    await answerTo(t, toNodeListener(failing));
    const onError = () => {
      throw new Error('of onError');
    };
    assert.match(await answerTo(t, toNodeListener(failing, { onError })), /^HTTP\/1\.1 500 /);
    assert.deepEqual(
      seen.console.map(([text, error]) => [text, error.message]),
      [
        ['eventsource-wasm: a handler failed:', 'the password is 1234'],
        ['eventsource-wasm: onError failed:', 'of onError'],
      ],
    );
    assert.deepEqual(seen.rejections, []);
  });

  test('a body that fails midway breaks off, and does not look like its end', async (t) => {
    const bytes = new TextEncoder().encode('part');
    const cases = [
      [() => broken(bytes), (error) => error === secret],
      [() => broken(bytes, 'text'), ({ message }) => message === 'expected chunks of bytes, found string'],
    ];
    for (const [body, matches] of cases) {
      const errors = [];
      const listener = toNodeListener(() => new Response(body()), { onError: (error) => errors.push(error) });
      const { url, port } = await serve(t, listener);
      await assert.rejects(async () => (await fetch(url)).text(), TypeError);
      const client = await dial(t, port, head('GET /'));
      await client.closed;
      assert.ok(!client.text.includes('\r\n0\r\n\r\n') && !client.text.includes('1234'), client.text);
      assert.equal(errors.length, 2);
      assert.ok(errors.every(matches), `${errors}`);
    }
  });

  test('a body that fails before its first chunk: 500, with nothing of the head that was meant for it', async (t) => {
    const errors = [];
    const headers = { 'content-type': 'text/event-stream', vary: 'Accept', 'set-cookie': 'a=1' };
    const answer = () => new Response(broken(), { statusText: 'Fine', headers });
    const listener = toNodeListener(answer, { onError: (error) => errors.push(error) });
    const middleware = (request, response) => {
      response.setHeader('Vary', 'Origin');
      listener(request, response);
    };
    const text = await answerTo(t, middleware);
    assert.deepEqual(text.replace(/^date: .*\r\n/im, '').split('\r\n'), [
      'HTTP/1.1 500 Internal Server Error',
      'vary: Origin',
      'Connection: close',
      'Content-Length: 0',
      '',
      '',
    ]);
    assert.deepEqual(errors, [secret]);
  });

  test('over HTTP/1.0, which has no chunks that could be missing, the connection is reset', async (t) => {
    let fail;
    const body = () =>
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('part'));
          fail = () => controller.error(secret);
        },
      });
    const { port } = await serve(
      t,
      toNodeListener(() => new Response(body()), { onError: () => undefined }),
    );
    const client = await dial(t, port, 'GET / HTTP/1.0\r\n\r\n');
    await client.has('part');
    fail();
    await client.closed;
    assert.equal(client.error?.code, 'ECONNRESET');
  });

  test('a source whose chunks are no bytes is cancelled', async (t) => {
    let cancelled;
    const body = () =>
      new ReadableStream({
        pull: (controller) => controller.enqueue(5),
        cancel: (reason) => void (cancelled = reason),
      });
    const { url } = await serve(
      t,
      toNodeListener(() => new Response(body()), { onError: () => undefined }),
    );
    assert.equal((await fetch(url)).status, 500);
    assert.match(String(cancelled), /expected chunks of bytes, found number/);
  });

  test('a producer that fails breaks off, too', async (t) => {
    const seen = watchProcess(t);
    const failing = (request) =>
      eventStream(request, async (stream) => {
        await stream.send('part');
        throw secret;
      });
    const { port } = await serve(t, toNodeListener(failing));
    const client = await dial(t, port, head('GET /'));
    await client.closed;
    assert.ok(client.text.includes('data: part') && !client.text.includes('\r\n0\r\n\r\n'), client.text);
    assert.ok(seen.console.some((args) => args.includes(secret)));
  });

  test('what is no handler, or no onError, is refused at once', () => {
    for (const wrong of [undefined, null, {}, 'text', { fetch: 5 }]) {
      assert.throws(() => toNodeListener(wrong), /^TypeError: expected a handler to be a function or to have a method/);
    }
    assert.throws(() => toNodeListener(() => undefined, { onError: 5 }), /^TypeError: expected option onError/);
  });
});
