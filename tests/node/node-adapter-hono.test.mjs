// Handlers in Hono, which needs no adapter of ours: behind its own server for Node, and behind toNodeListener.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { toNodeListener } from 'eventsource-wasm/node';
import { eventStream } from 'eventsource-wasm/server';

import { useFrameworks } from '../frameworks/use.mjs';
import { dial, head, serve, until, watchProcess } from './listening.mjs';

await useFrameworks();
const [{ Hono }, { getRequestListener }] = await Promise.all(['hono', '@hono/node-server'].map((name) => import(name)));

/** An app with a stream, and what its producer was told at the end. */
function app() {
  const seen = { reason: undefined };
  const hono = new Hono()
    .get('/events', (context) =>
      eventStream(context.req.raw, async (stream) => {
        void stream.closed.then((reason) => (seen.reason = reason));
        for (let n = 1; n <= 3; n++) await stream.send({ id: n, data: { n } });
        if (stream.lastEventId !== 'end') await stream.closed;
      }),
    )
    .post('/echo', async (context) => context.text(await context.req.text()))
    .get('/later', (context) => {
      context.executionCtx.waitUntil(Promise.resolve().then(() => (seen.later = true)));
      return context.text(new URL(context.req.url).pathname);
    });
  return { hono, seen };
}

const servers = {
  // It puts classes of its own in the place of the global Request and Response, and the tests below it meet those.
  '@hono/node-server': (hono) => getRequestListener(hono.fetch),
  toNodeListener: (hono) => toNodeListener(hono),
};

for (const [name, listenerOf] of Object.entries(servers)) {
  describe(`Hono behind ${name}`, () => {
    test('a stream to its end', async (t) => {
      const warned = watchProcess(t);
      const { hono, seen } = app();
      const { url } = await serve(t, listenerOf(hono));
      const response = await fetch(`${url}/events`, { headers: { 'last-event-id': 'end' } });
      assert.equal(response.headers.get('content-type'), 'text/event-stream');
      const events = [1, 2, 3].map((n) => `id: ${n}\ndata: {"n":${n}}\n\n`);
      assert.equal(await response.text(), `: \n\n${events.join('')}`);
      assert.equal(seen.reason.code, 'completed');
      assert.deepEqual(warned, { rejections: [], warnings: [], console: [] });
    });

    test('a client that leaves', async (t) => {
      const warned = watchProcess(t);
      const { hono, seen } = app();
      const { port } = await serve(t, listenerOf(hono));
      const client = await dial(t, port, head('GET /events'));
      await client.has('id: 3');
      client.socket.destroy();
      await until(() => seen.reason);
      assert.ok(['cancelled', 'aborted'].includes(seen.reason.code), seen.reason.code);
      // Hono’s server puts it on the console that a body was broken off, also where the client did it.
      assert.deepEqual([warned.rejections, warned.warnings], [[], []]);
    });

    test('a body that is sent', async (t) => {
      const { hono } = app();
      const { url } = await serve(t, listenerOf(hono));
      assert.equal(await (await fetch(`${url}/echo`, { method: 'POST', body: 'body' })).text(), 'body');
    });
  });
}

test('waitUntil is Hono’s executionCtx', async (t) => {
  const { hono, seen } = app();
  const { url } = await serve(t, toNodeListener(hono));
  assert.equal(await (await fetch(`${url}/later`)).text(), '/later');
  await until(() => seen.later);
});
