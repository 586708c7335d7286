// curl sees the bytes of a stream as they are sent, and the server that it has gone.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

import { eventStream } from 'eventsource-wasm/server';

import { ensureCurl } from '../../scripts/lib/curl.mjs';
import { until } from '../e2e/check.mjs';
import { serve } from './lib/serve.mjs';

function curl(url, ...args) {
  const child = spawn(ensureCurl(), ['--silent', '--show-error', '--no-buffer', ...args, url]);
  const run = { child, text: '', ended: once(child, 'close') };
  child.stdout.setEncoding('utf8').on('data', (piece) => (run.text += piece));
  child.stderr.setEncoding('utf8').on('data', (piece) => (run.text += piece));
  return run;
}

test('curl -N shows each event before the next one is sent', async () => {
  const gates = [];
  const server = await serve((request) =>
    eventStream(request, async (stream) => {
      for (let n = 0; n < 5; n++) {
        await stream.send({ id: n, data: `${stream.lastEventId} 漢字 ${n}` });
        await new Promise((open) => gates.push(open));
      }
    }),
  );
  try {
    const run = curl(`${server.url}/events`, '--include', '--header', 'Last-Event-ID: é');
    let expected = ': \n\n';
    for (let n = 0; n < 5; n++) {
      expected += `id: ${n}\ndata: é 漢字 ${n}\n\n`;
      await until(() => run.text.endsWith(expected) && gates.length > n);
      // Only now the server goes on.
      assert.equal(gates.length, n + 1);
      assert.equal(run.child.exitCode, null);
      gates[n]();
    }
    assert.deepEqual(await run.ended, [0, null]);
    const [head, body] = run.text.split(/\r\n\r\n/);
    assert.equal(body, expected);
    assert.match(head, /^HTTP\/1.1 200 OK\r\n/);
    assert.match(head, /^content-type: text\/event-stream\r$/im);
    assert.match(head, /^cache-control: no-cache, no-transform\r$/im);
  } finally {
    await server.close();
  }
});

test('a curl that is ended is noticed', async () => {
  let closed;
  const server = await serve((request) =>
    eventStream(request, (stream) => {
      void stream.send('hello');
      void stream.closed.then((reason) => (closed = reason.code));
    }),
  );
  try {
    const run = curl(`${server.url}/events`);
    await until(() => run.text.includes('hello'));
    run.child.kill();
    await until(() => closed);
    assert.match(closed, /^(cancelled|aborted)$/);
    await run.ended;
  } finally {
    await server.close();
  }
});
