// eventsource-wasm/node over real sockets: what a handler gets of a request, and what a client gets of a response.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { toNodeListener } from 'eventsource-wasm/node';
import { eventStream } from 'eventsource-wasm/server';

import { dial, head, serve, steady, until, watchProcess } from './listening.mjs';

/** The whole answer to one request, as it comes over the socket. */
async function answerTo(t, listener, bytes = head('GET /', 'Connection: close')) {
  const { port } = await serve(t, listener);
  const client = await dial(t, port, bytes);
  await client.closed;
  return client.text;
}

const say = (value) => new Response(JSON.stringify(value));
/** What a handler said, out of the bytes of an answer. */
const said = (text) =>
  JSON.parse(
    Buffer.from(text, 'latin1')
      .toString()
      .match(/^["[{].*$/m)[0],
  );

describe('the request', () => {
  /** What the handler says of requests, each over a connection of its own. */
  async function asked(t, describe, requests, options) {
    const { port } = await serve(
      t,
      toNodeListener(async (request) => say(await describe(request)), options),
    );
    const found = [];
    for (const request of requests) {
      const client = await dial(t, port, request.replace('\r\n', '\r\nConnection: close\r\n'));
      await client.closed;
      found.push(/^HTTP\/1\.1 200 /.test(client.text) ? said(client.text) : client.text.split(' ')[1]);
    }
    return found;
  }

  test('URL: of the host and the path, which never become each other', async (t) => {
    const requests = [
      head('GET /a/../b?c=%20d'),
      head('GET //other.test/x'),
      head('GET /\\other.test/x'),
      head('GET http://proxied.test:81/y?z'),
      head('GET http://user:word@proxied.test/y'),
      head('OPTIONS *'),
      'GET /old HTTP/1.0\r\n\r\n',
      head('GET /').replace('example.test', '[::1]:8080'),
    ];
    assert.deepEqual(await asked(t, ({ url }) => url, requests), [
      'http://example.test/b?c=%20d',
      'http://example.test//other.test/x',
      'http://example.test//other.test/x',
      'http://proxied.test:81/y?z',
      'http://proxied.test/y',
      'http://example.test/*',
      'http://localhost/old',
      'http://[::1]:8080/',
    ]);
  });

  test('what no Request can be is answered with 400, and is no failure of the handler', async (t) => {
    const seen = watchProcess(t);
    const hosts = ['a/b', 'user@a', 'a?b', 'a#b', 'a b', 'a:port', ''];
    const requests = hosts.map((host) => head('GET /').replace('example.test', host));
    requests.push(head('TRACE /'), head('GET http:///'));
    const found = await asked(t, () => assert.fail('a handler that is not called'), requests);
    assert.deepEqual(found, Array(found.length).fill('400'));
    assert.deepEqual(seen.console, []);
  });

  test('option origin: a text, or a function of the request', async (t) => {
    const requests = [head('GET /a?b', 'X-Forwarded-Host: public.test'), head('GET http://proxied.test/y?z')];
    const tell = ({ url }) => url;
    assert.deepEqual(await asked(t, tell, requests, { origin: 'https://Public.test:443/' }), [
      'https://public.test/a?b',
      'https://public.test/y?z',
    ]);
    const origin = ({ headers }) => `https://${headers['x-forwarded-host']}`;
    assert.deepEqual(await asked(t, tell, [requests[0]], { origin }), ['https://public.test/a?b']);
    for (const wrong of ['public.test', 'https://a/b', 'ftp://a', '', 'https://', null, 5]) {
      assert.throws(
        () => toNodeListener(tell, { origin: wrong }),
        /^TypeError: expected an origin, such as "https:\/\/example.com", found /,
      );
    }
  });

  test('method and headers, those of one name too', async (t) => {
    const lines = ['X-A: 1', 'X-A: 2', 'Cookie: a=1', 'Cookie: b=2', 'Last-Event-ID: \xe6\xbc\xa2'];
    const { port } = await serve(
      t,
      toNodeListener(({ method, headers, body }) => say([method, ...headers].concat(body))),
    );
    const client = await dial(t, port);
    client.socket.write(Buffer.from(head('DELETE /', 'Connection: close', ...lines), 'latin1'));
    await client.closed;
    assert.deepEqual(said(client.text), [
      'DELETE',
      ['connection', 'close'],
      ['cookie', 'a=1; b=2'],
      ['host', 'example.test'],
      ['last-event-id', '\xe6\xbc\xa2'],
      ['x-a', '1, 2'],
      null,
    ]);
  });

  test('a body comes as a stream, and goes back as one, piece by piece', async (t) => {
    const { port } = await serve(
      t,
      toNodeListener((request) => new Response(request.body)),
    );
    const client = await dial(t, port, head('POST /', 'Transfer-Encoding: chunked'));
    for (const piece of ['first', 'second', 'third']) {
      client.socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
      await client.has(piece);
    }
    client.socket.write('0\r\n\r\n');
    await client.has('\r\n0\r\n\r\n');
    assert.equal(client.text.split('\r\n\r\n')[1], '5\r\nfirst\r\n6\r\nsecond\r\n5\r\nthird\r\n0');
  });

  test('no body where none was announced', async (t) => {
    const requests = [head('POST /'), head('POST /', 'Content-Length: 0'), head('GET /', 'Content-Length: 1') + 'x'];
    const tell = async (request) => [request.body, await request.text()];
    assert.deepEqual(await asked(t, tell, requests), Array(3).fill([null, '']));
  });

  test('a body is read no faster than the handler reads it', async (t) => {
    const total = 64 * 1024 * 1024;
    let [incoming, goOn, read] = [undefined, undefined, 0];
    const handler = async (request) => {
      const reader = request.body.getReader();
      read += (await reader.read()).value.length;
      await new Promise((resolve) => (goOn = resolve));
      for (let piece; (piece = await reader.read()), !piece.done;) read += piece.value.length;
      return say(read);
    };
    const listener = toNodeListener(handler);
    const { port } = await serve(t, (request, response) => listener((incoming = request), response));
    const client = await dial(t, port, head('POST /', `Content-Length: ${total}`, 'Connection: close'));
    client.socket.write(Buffer.alloc(total));
    await until(() => goOn);
    await steady(() => incoming.socket.bytesRead);
    assert.ok(incoming.socket.bytesRead < 2 * 1024 * 1024, `${incoming.socket.bytesRead} bytes were read`);
    goOn();
    await client.has(`${total}`);
  });

  test('a body of which the handler has read but a part, or none, does not hold up the next request', async (t) => {
    let late;
    const { port } = await serve(
      t,
      toNodeListener(async (request) => {
        const { pathname } = new URL(request.url);
        if (pathname === '/part') {
          const reader = request.body.getReader();
          await reader.read();
          late = reader;
        } else if (pathname === '/cancel') {
          const reader = request.body.getReader();
          await reader.read();
          await reader.cancel();
        }
        return say(pathname);
      }),
    );
    const client = await dial(t, port);
    for (const path of ['/part', '/cancel', '/none', '/part']) {
      client.text = '';
      client.socket.write(head(`POST ${path}`, 'Content-Length: 1000000') + 'x'.repeat(1000000));
      await client.has(`"${path}"`);
    }
    await assert.rejects(async () => {
      while (!(await late.read()).done);
    }, /^Error: expected the answer to be on its way, found it sent$/);
    client.text = '';
    client.socket.write(head('GET /next'));
    await client.has('"/next"');
  });

  test('a body that breaks off is an error for its reader', async (t) => {
    const seen = watchProcess(t);
    let failure;
    const { port } = await serve(
      t,
      toNodeListener(async (request) => {
        failure = await request.text().catch((error) => error);
        return say('late');
      }),
    );
    const client = await dial(t, port, head('POST /', 'Content-Length: 10') + 'part');
    await new Promise((done) => setTimeout(done, 20));
    client.socket.destroy();
    await until(() => failure);
    assert.ok(failure instanceof Error, `${failure}`);
    assert.deepEqual([seen.console, seen.rejections], [[], []]);
  });

  test('a body that was read before: bytes and text as they are, JSON once more, any other is told when it is read', async (t) => {
    const type = { json: 'application/json; charset=utf-8', form: 'application/x-www-form-urlencoded' };
    const cases = [
      [{ body: Buffer.from('bytes') }, 'text/plain', 'bytes'],
      [{ body: 'text ü' }, 'text/plain', 'text ü'],
      [{ body: { a: [1] } }, type.json, '{"a":[1]}'],
      [{ body: { a: [1] }, rawBody: Buffer.from('{ "a": [1] }') }, type.json, '{ "a": [1] }'],
      [{ body: { a: '1' } }, type.form, TypeError],
      [{}, type.json, TypeError],
    ];
    for (const [parsed, contentType, expected] of cases) {
      let found;
      const listener = toNodeListener(async (request) => {
        found = await request.text().catch((error) => error);
        return say('answered');
      });
      const parsing = async (request, response) => {
        for await (const piece of request) assert.ok(piece);
        listener(Object.assign(request, parsed), response);
      };
      const post = head('POST /', 'Connection: close', `Content-Type: ${contentType}`, 'Content-Length: 2');
      assert.match(await answerTo(t, parsing, `${post}{}`), /"answered"/);
      if (typeof expected === 'string') assert.equal(found, expected);
      else assert.match(String(found), /^TypeError: expected a body that nobody has read, found that something before/);
    }
  });
});

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

describe('what a handler is given', () => {
  test('waitUntil, whose rejections go to onError', async (t) => {
    const errors = [];
    const handler = (request, { waitUntil }) => {
      waitUntil(Promise.reject(new Error('later')));
      waitUntil(Promise.resolve());
      return eventStream(request, ['a'], { waitUntil });
    };
    const listener = toNodeListener(handler, { onError: (error) => errors.push(error.message) });
    assert.match(await answerTo(t, listener), /data: a\n\n/);
    assert.deepEqual(errors, ['later']);
  });

  test('an object with fetch: itself as this, the environment, and the context', async (t) => {
    const worker = {
      name: 'worker',
      fetch(request, env, context) {
        return say([this.name, request.method, env.SOURCE, typeof context.waitUntil]);
      },
    };
    process.env.SOURCE = 'of the process';
    t.after(() => delete process.env.SOURCE);
    assert.match(await answerTo(t, toNodeListener(worker)), /\["worker","GET","of the process","function"\]/);
    const given = toNodeListener(worker, { env: { SOURCE: 'given' } });
    assert.match(await answerTo(t, given), /\["worker","GET","given","function"\]/);
  });
});
