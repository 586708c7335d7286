// eventsource-wasm/node in Express, with and without `compression`, in Connect and in Fastify. (Hono has a file of its own.)

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { describe, test } from 'node:test';
import { createGunzip } from 'node:zlib';

import { toNodeListener } from 'eventsource-wasm/node';
import { eventStream } from 'eventsource-wasm/server';

import { useFrameworks } from '../frameworks/use.mjs';
import { dial, head, listen, serve, steady, until, watchProcess } from './listening.mjs';

await useFrameworks();
const [{ default: express }, { default: compression }, { default: connect }, { fastify }] = await Promise.all(
  ['express', 'compression', 'connect', 'fastify'].map((name) => import(name)),
);

/** Opens a stream, has the client leave, and answers with the reason that the producer is told. */
async function leftBy(t, use) {
  let reason;
  const listener = toNodeListener((request) =>
    eventStream(request, async (stream) => {
      await stream.send('first');
      reason = await stream.closed;
    }),
  );
  const port = await use(listener);
  const client = await dial(t, port, head('GET /events'));
  await client.has('data: first');
  client.socket.destroy();
  await until(() => reason);
  return reason.code;
}

const post = (url, type, body) => fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
const echo = toNodeListener(
  async (request) => new Response(`${new URL(request.url).pathname} ${await request.text()}`),
);
const secret = new Error('the password is 1234');
const failing = () => Promise.reject(secret);

describe('in Express', () => {
  test('a stream, and a client that leaves', async (t) => {
    const use = async (listener) => (await serve(t, express().get('/events', listener))).port;
    assert.equal(await leftBy(t, use), 'cancelled');
  });

  test('the URL is the whole one in a mounted router; a body before and behind a parser', async (t) => {
    const inner = express.Router().post('/echo', echo);
    const app = express()
      .use('/before', inner)
      .use(express.json(), express.raw({ type: '*/*' }))
      .use('/behind', inner);
    const { url } = await serve(t, app);
    for (const [path, type, body, expected] of [
      ['/before/echo', 'application/json', '{ "a": 1 }', '{ "a": 1 }'],
      ['/behind/echo', 'application/json', '{ "a": 1 }', '{"a":1}'],
      ['/behind/echo', 'text/plain', 'text ü', 'text ü'],
    ]) {
      assert.equal(await (await post(url + path, type, body)).text(), `${path} ${expected}`);
    }
  });

  test('what a handler throws goes to the error handlers, or to onError where that is given', async (t) => {
    const seen = watchProcess(t);
    const errors = [];
    const app = express()
      .get('/next', toNodeListener(failing))
      .get(
        '/word',
        toNodeListener(() => Promise.reject('route')),
      )
      .get('/own', toNodeListener(failing, { onError: (error) => errors.push(error) }))
      .use((request, response) => response.status(404).end())
      .use((error, request, response, next) => {
        errors.push(error);
        response.status(503).send('of the app');
        assert.ok(next);
      });
    const { url } = await serve(t, app);
    const ask = async (path) => {
      const response = await fetch(url + path);
      return [response.status, await response.text()];
    };
    assert.deepEqual(await ask('/next'), [503, 'of the app']);
    assert.deepEqual(await ask('/own'), [500, '']);
    assert.deepEqual(errors, [secret, secret]);
    // Express would go on to the next handler.
    assert.deepEqual(await ask('/word'), [503, 'of the app']);
    assert.equal(errors[2].cause, 'route');
    assert.deepEqual(seen, { rejections: [], warnings: [], console: [] });
  });

  test('a body that fails midway breaks off, and goes to the console', async (t) => {
    const seen = watchProcess(t);
    let pulls = 0;
    const body = () =>
      new ReadableStream({
        pull: (controller) => (pulls++ ? controller.error(secret) : controller.enqueue(new Uint8Array(5))),
      });
    const app = express().get(
      '/',
      toNodeListener(() => new Response(body())),
    );
    const { url } = await serve(t, app);
    await assert.rejects(async () => (await fetch(url)).text(), TypeError);
    assert.equal(seen.console[0][1], secret);
  });
});

describe('in Express behind compression', () => {
  const compressed = (handler) => express().use(compression()).get('/', toNodeListener(handler));

  test('an event stream is not compressed, and every event leaves at once', async (t) => {
    let stream;
    const app = compressed((request) => eventStream(request, (given) => void (stream = given)));
    const { port } = await serve(t, app);
    const client = await dial(t, port, head('GET /', 'Accept-Encoding: gzip'));
    for (const text of ['one', 'two']) {
      await until(() => stream);
      void stream.send(text);
      await client.has(`data: ${text}`);
    }
    assert.ok(!/content-encoding/i.test(client.text));
  });

  test('another stream is, and every chunk leaves at once', async (t) => {
    let [controller, cancelled] = [];
    const body = () =>
      new ReadableStream({ start: (given) => void (controller = given), cancel: () => void (cancelled = true) });
    const app = compressed(() => new Response(body(), { headers: { 'content-type': 'text/plain' } }));
    const { port } = await serve(t, app);
    const [response] = await once(http.get({ port, headers: { 'accept-encoding': 'gzip' } }), 'response');
    assert.equal(response.headers['content-encoding'], 'gzip');
    let text = '';
    response
      .on('error', () => undefined)
      .pipe(createGunzip())
      .setEncoding('utf8')
      .on('error', () => undefined)
      .on('data', (piece) => (text += piece));
    for (const piece of ['one ', 'two ', 'three ']) {
      controller.enqueue(new TextEncoder().encode(piece));
      await until(() => text.endsWith(piece));
    }
    response.destroy();
    await until(() => cancelled);
  });

  test('a stalled client holds the source up, and a thousand waits leave no listeners behind', async (t) => {
    const seen = watchProcess(t);
    const [total, size] = [2000, 16 * 1024];
    const noise = new Uint8Array(size);
    // Bytes that do not compress well.
    for (let at = 0, x = 1; at < size; at++) noise[at] = x = (x * 16807) % 2147483647;
    let pulls = 0;
    const body = () =>
      new ReadableStream({
        pull: (controller) => (pulls++ < total ? controller.enqueue(noise.slice()) : controller.close()),
      });
    const app = compressed(() => new Response(body(), { headers: { 'content-type': 'text/plain' } }));
    const { port } = await serve(t, app);
    const [response] = await once(http.get({ port, headers: { 'accept-encoding': 'gzip' } }), 'response');
    await until(() => pulls > 1);
    await steady(() => pulls);
    assert.ok(pulls < total / 2, `${pulls} of ${total} chunks were taken`);
    let received = 0;
    for await (const piece of response.pipe(createGunzip())) received += piece.length;
    assert.equal(received, total * size);
    assert.deepEqual(seen, { rejections: [], warnings: [], console: [] });
  });
});

describe('in Connect', () => {
  test('a stream, a client that leaves, and what a handler throws', async (t) => {
    const use = async (listener) => (await serve(t, connect().use('/events', listener))).port;
    assert.equal(await leftBy(t, use), 'cancelled');
    const errors = [];
    const app = connect()
      .use('/echo', echo)
      .use(toNodeListener(failing))
      .use((error, request, response, next) => {
        errors.push(error);
        response.writeHead(503).end();
        assert.ok(next);
      });
    const { url } = await serve(t, app);
    assert.equal((await fetch(url)).status, 503);
    assert.deepEqual(errors, [secret]);
    assert.equal(await (await post(`${url}/echo/a`, 'text/plain', 'body')).text(), '/echo/a body');
  });
});

describe('in Fastify', () => {
  async function start(t, listener) {
    const app = fastify();
    app.all('/*', (request, reply) => {
      reply.hijack();
      listener(Object.assign(request.raw, { body: request.body }), reply.raw);
    });
    await app.ready();
    t.after(() => app.close());
    return listen(t, app.server);
  }

  test('a stream, and a client that leaves', async (t) => {
    assert.equal(await leftBy(t, (listener) => start(t, listener)), 'cancelled');
  });

  test('a body that Fastify has parsed, and a handler that fails', async (t) => {
    const errors = [];
    const handler = async (request) => (request.method === 'POST' ? new Response(await request.text()) : failing());
    const port = await start(t, toNodeListener(handler, { onError: (error) => errors.push(error) }));
    const url = `http://127.0.0.1:${port}/`;
    assert.equal(await (await post(url, 'application/json', '{ "a": 1 }')).text(), '{"a":1}');
    assert.equal(await (await post(url, 'text/plain', 'text')).text(), 'text');
    assert.equal((await fetch(url)).status, 500);
    assert.deepEqual(errors, [secret]);
  });
});
