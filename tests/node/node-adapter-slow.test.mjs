// A client that takes nothing, of a stream that disconnects such ones: its socket is closed, and the handler is told once.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { describe, test } from 'node:test';

import { toNodeListener } from 'eventsource-wasm/node';
import { Channel, eventStream } from 'eventsource-wasm/server';

describe('streams that end by themselves, in Node', () => {
  test('a slow consumer is cut off, though nothing that was written has left', async (t) => {
    const channel = new Channel();
    const reasons = [];
    const errors = [];
    const onSubscribe = (stream) => void stream.closed.then(({ code }) => reasons.push(code));
    const listener = toNodeListener((request) => channel.subscribe(request, { onSubscribe }), {
      onError: (error) => errors.push(error),
    });
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const client = connect(server.address().port, '127.0.0.1');
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(client, 'readable');
    const [socket] = await new Promise((done) => server.getConnections((_, count) => done([count])));
    assert.equal(socket, 1);
    while (!reasons.length) {
      await channel.publish('x'.repeat(10_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(reasons, ['slow-consumer']);
    // The socket is gone on this side, whether or not the client reads.
    for (let count = 1; count;) count = await new Promise((done) => server.getConnections((_, found) => done(found)));
    assert.deepEqual(errors, []);
    client.destroy();
  });

  test('a producer that fails is reported by its own handler only', async (t) => {
    const failures = [];
    const errors = [];
    const listener = toNodeListener(
      (request) =>
        eventStream(
          request,
          async (stream) => {
            await stream.send('a');
            throw new Error('in the producer');
          },
          { onError: (error) => failures.push(error.message) },
        ),
      { onError: (error) => errors.push(error) },
    );
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const response = await fetch(`http://127.0.0.1:${server.address().port}/`);
    await assert.rejects(response.text());
    assert.deepEqual([failures, errors], [['in the producer'], []]);
  });
});
