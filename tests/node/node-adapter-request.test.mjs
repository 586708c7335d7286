// eventsource-wasm/node over real sockets: what a handler gets of a request, and beside it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { toNodeListener } from 'eventsource-wasm/node';
import { eventStream } from 'eventsource-wasm/server';

import { answerTo, dial, head, said, say, serve, steady, until, watchProcess } from './listening.mjs';

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
