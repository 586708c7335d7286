// eventsource-wasm/node over real sockets: clients that leave, stall or stay, and what is left behind.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { toNodeListener } from 'eventsource-wasm/node';
import { eventStream } from 'eventsource-wasm/server';

import { dial, head, serve, steady, until, watchProcess } from './listening.mjs';

/** A listener that keeps of each request what there is to see: `[{ request, response, stream, reason, aborted }]`. */
function watched(producer, init) {
  const seen = [];
  const listener = toNodeListener((request) => {
    const one = seen.at(-1);
    one.request = request;
    request.signal.addEventListener('abort', () => (one.aborted = request.signal.reason));
    return eventStream(
      request,
      async (stream) => {
        one.stream = stream;
        void stream.closed.then((reason) => (one.reason = reason));
        await producer(stream, request);
      },
      init,
    );
  });
  return {
    seen,
    listener(request, response) {
      seen.push({ incoming: request, response });
      listener(request, response);
    },
  };
}

const endless = async (stream) => {
  await stream.send('first');
  await new Promise((done) => stream.signal.addEventListener('abort', done));
};

async function assertLeft(one) {
  await until(() => one.reason && one.aborted);
  assert.equal(one.reason.code, 'cancelled');
  assert.equal(one.aborted.name, 'AbortError');
  assert.equal(one.reason.cause, one.aborted);
}

describe('a client that leaves', () => {
  const ways = { 'by a reset': (socket) => socket.resetAndDestroy(), 'by a FIN': (socket) => socket.end() };

  for (const [way, leave] of Object.entries(ways)) {
    test(`${way}: the body is cancelled and the request aborts`, async (t) => {
      const process = watchProcess(t);
      const { seen, listener } = watched(endless);
      const { port } = await serve(t, listener);
      const client = await dial(t, port, head('GET /'));
      await client.has('data: first');
      leave(client.socket);
      await assertLeft(seen[0]);
      assert.deepEqual(process, { rejections: [], warnings: [], console: [] });
    });

    test(`${way}, with a request body that nobody has read`, async (t) => {
      const { seen, listener } = watched(endless);
      const { port } = await serve(t, listener);
      const client = await dial(t, port, head('POST /', 'Content-Length: 100') + 'x'.repeat(100));
      await client.has('data: first');
      leave(client.socket);
      await assertLeft(seen[0]);
    });

    test(`${way}, before the handler has answered`, async (t) => {
      const process = watchProcess(t);
      let [answer, cancelled, request] = [];
      const handler = (given) => {
        request = given;
        return new Promise((done) => {
          answer = () => done(new Response(new ReadableStream({ cancel: (reason) => void (cancelled = reason) })));
        });
      };
      const { port } = await serve(t, toNodeListener(handler));
      const client = await dial(t, port, head('GET /'));
      await until(() => request);
      leave(client.socket);
      await until(() => request.signal.aborted);
      answer();
      await until(() => cancelled);
      assert.equal(cancelled, request.signal.reason);
      assert.deepEqual(process, { rejections: [], warnings: [], console: [] });
    });
  }

  test('with a request body that nobody reads and no buffer holds: at the next write', async (t) => {
    const { seen, listener } = watched(endless);
    const { port } = await serve(t, listener);
    const client = await dial(t, port, head('POST /', 'Content-Length: 1000000') + 'x'.repeat(1000000));
    await client.has('data: first');
    client.socket.destroy();
    await until(() => {
      void seen[0].stream.comment();
      return seen[0].reason;
    });
    await assertLeft(seen[0]);
  });

  test('with one that its handler has cancelled: at once', async (t) => {
    const { seen, listener } = watched(async (stream, request) => {
      await request.body.cancel();
      await endless(stream);
    });
    const { port } = await serve(t, listener);
    const client = await dial(t, port, head('POST /', 'Content-Length: 1000000') + 'x'.repeat(1000000));
    await client.has('data: first');
    client.socket.destroy();
    await assertLeft(seen[0]);
  });

  test('a stream that is made when the client has already left has no producer to wait for', async (t) => {
    let [reason, answer] = [];
    const handler = async (request) => {
      await new Promise((done) => (answer = done));
      return eventStream(request, async (stream) => {
        reason = await stream.closed;
      });
    };
    const { port } = await serve(t, toNodeListener(handler));
    const client = await dial(t, port, head('GET /'));
    await until(() => answer);
    client.socket.destroy();
    await client.closed;
    await new Promise((done) => setTimeout(done, 20));
    answer();
    await until(() => reason);
    assert.equal(reason.code, 'aborted');
  });

  test('a handler that only learns of it has not failed', async (t) => {
    const process = watchProcess(t);
    let begun = 0;
    const upstream = await serve(t, () => begun++);
    const { port } = await serve(
      t,
      toNodeListener(({ signal }) => fetch(upstream.url, { signal }).finally(() => begun++)),
    );
    const client = await dial(t, port, head('GET /'));
    await until(() => begun === 1);
    client.socket.destroy();
    await until(() => begun === 2);
    await new Promise((done) => setTimeout(done, 20));
    assert.deepEqual(process, { rejections: [], warnings: [], console: [] });
  });

  test('a response that is closed before the listener is called', async (t) => {
    let [request, cancelled] = [];
    const handler = (given) => {
      request = given;
      return new Response(new ReadableStream({ cancel: () => void (cancelled = true) }));
    };
    const listener = toNodeListener(handler);
    const { port } = await serve(t, (incoming, response) => response.on('close', () => listener(incoming, response)));
    const client = await dial(t, port, head('GET /'));
    client.socket.destroy();
    await until(() => cancelled);
    assert.ok(request.signal.aborted);
  });

  test('what fails when it is cancelled is told to onError', async (t) => {
    const errors = [];
    const body = () => new ReadableStream({ cancel: () => Promise.reject(new Error('of cancel')) });
    const { port } = await serve(
      t,
      toNodeListener(() => new Response(body()), { onError: (error) => errors.push(error.message) }),
    );
    const client = await dial(t, port, head('GET /'));
    await client.has('\r\n\r\n');
    client.socket.destroy();
    await until(() => errors.length);
    assert.deepEqual(errors, ['of cancel']);
  });

  test('with requests that wait behind the first (pipelining), all of them', async (t) => {
    const { seen, listener } = watched(endless);
    const { port } = await serve(t, listener);
    const client = await dial(t, port, head('GET /1') + head('GET /2') + head('GET /3'));
    await client.has('data: first');
    await until(() => seen.length === 3);
    client.socket.destroy();
    for (const one of seen) await assertLeft(one);
  });

  test('the signal aborts also where it is all that a handler has kept of its request', async (t) => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc');
    let aborted = false;
    const { port } = await serve(
      t,
      toNodeListener(({ signal }) => {
        signal.addEventListener('abort', () => (aborted = true));
        return new Response(new ReadableStream());
      }),
    );
    const client = await dial(t, port, head('GET /'));
    await client.has('\r\n\r\n');
    for (let n = 0; n < 3; n++) {
      gc();
      await new Promise((done) => setTimeout(done, 5));
    }
    client.socket.destroy();
    await until(() => aborted);
  });

  test('it does not abort behind an answer that is complete', async (t) => {
    let request;
    const { url } = await serve(
      t,
      toNodeListener((given) => {
        request = given;
        return new Response('all');
      }),
    );
    assert.equal(await (await fetch(url, { headers: { connection: 'close' } })).text(), 'all');
    await new Promise((done) => setTimeout(done, 20));
    assert.equal(request.signal.aborted, false);
  });
});

describe('a client that stays', () => {
  test('a stalled one holds the producer up; what waits is bounded, and all of it arrives in the end', async (t) => {
    const [frames, frame, maxBuffer] = [2000, 'x'.repeat(32 * 1024), 100_000];
    let [sent, most] = [0, 0];
    const { seen, listener } = watched(
      async (stream) => {
        for (; sent < frames && !stream.signal.aborted; sent++) {
          await stream.send(frame);
          most = Math.max(most, stream.bufferedBytes);
        }
      },
      { maxBuffer },
    );
    const { port } = await serve(t, listener);
    const client = await dial(t, port);
    client.socket.pause();
    client.socket.write(head('GET /', 'Connection: close'));
    await until(() => sent > 0);
    await steady(() => sent);
    // What the kernel holds for both ends, some megabytes, and not all 64.
    assert.ok(sent < frames / 2, `${sent} of ${frames} frames were sent`);
    assert.ok(most <= maxBuffer + frame.length + 100, `${most} bytes waited in the stream`);
    const { writableLength } = seen[0].response;
    assert.ok(writableLength <= 2 * (maxBuffer + frame.length), `${writableLength} bytes waited in the response`);
    let received = 0;
    client.socket.removeAllListeners('data').on('data', (piece) => (received += piece.length));
    client.socket.resume();
    await client.closed;
    assert.equal(sent, frames);
    assert.ok(received > frames * frame.length && received < frames * (frame.length + 100), `${received} bytes`);
    assert.equal(seen[0].reason.code, 'completed');
    assert.equal(seen[0].aborted, undefined);
  });

  test('a stalled one that is reset lets the producer go', async (t) => {
    const { seen, listener } = watched(async (stream) => {
      while (!stream.signal.aborted) await stream.send('x'.repeat(32 * 1024));
    });
    const { port } = await serve(t, listener);
    const client = await dial(t, port);
    client.socket.pause();
    client.socket.write(head('GET /'));
    await until(() => seen[0]?.response.writableNeedDrain);
    client.socket.resetAndDestroy();
    await assertLeft(seen[0]);
  });

  test('1000 requests over one connection leave nothing behind on it', async (t) => {
    const warned = watchProcess(t);
    const counts = new Set();
    const sockets = new Set();
    const listener = toNodeListener((request) => eventStream(request, ['a', 'b']));
    const { port } = await serve(t, (request, response) => {
      const { socket } = request;
      sockets.add(socket);
      counts.add(
        socket
          .eventNames()
          .map((name) => `${String(name)}: ${socket.listenerCount(name)}`)
          .join(),
      );
      listener(request, response);
    });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    for (let n = 0; n < 1000; n++) {
      const [response] = await once(http.get({ port, agent }), 'response');
      let text = '';
      for await (const piece of response.setEncoding('utf8')) text += piece;
      assert.equal(text, ': \n\ndata: a\n\ndata: b\n\n');
    }
    assert.equal(sockets.size, 1);
    // The agent adds a few for itself between the first requests.
    assert.ok(counts.size <= 2, [...counts].join('\n'));
    assert.deepEqual(warned, { rejections: [], warnings: [], console: [] });
  });
});
