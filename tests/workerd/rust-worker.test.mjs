// The server for Rust in workerd: examples/rust-worker, a Worker of the crate `worker`, at the end of real connections.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { connect } from 'eventsource-wasm';

import { buildRustWorker } from '../../scripts/lib/rust-worker.mjs';
import { startWorkerd } from '../../scripts/lib/workerd.mjs';

const count = (from) => Array.from({ length: 10 - from }, (_, n) => ({ n: from + n + 1, left: 9 - from - n }));

async function events(url, init) {
  const found = [];
  for await (const event of await connect(url, { ...init, resume: 'never' })) found.push(event);
  return found;
}

describe('examples/rust-worker in workerd', () => {
  let server;
  before(async () => {
    server = await startWorkerd({ entry: await buildRustWorker() });
  });
  after(() => server?.close());

  const post = async (text) => Number(await (await fetch(`${server.url}/room`, { method: 'POST', body: text })).text());

  test('the head of a response, and an address that is none', async () => {
    const response = await fetch(`${server.url}/count`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    assert.equal(response.headers.get('cache-control'), 'no-cache, no-transform');
    await response.body.cancel();
    assert.equal((await fetch(`${server.url}/`)).status, 404);
  });

  test('a producer is read to its end, from the last event ID on', async () => {
    for (const from of [0, 7]) {
      const found = await events(`${server.url}/count`, from ? { lastEventId: String(from) } : {});
      assert.deepEqual(
        found.map((event) => event.json()),
        count(from),
      );
      assert.ok(found.every(({ type, lastEventId }, n) => type === 'count' && lastEventId === String(from + n + 1)));
    }
  });

  test('what one request posts reaches the readers of others', async () => {
    const readers = await Promise.all(Array.from({ length: 3 }, () => connect(`${server.url}/room`)));
    const texts = Array.from({ length: 20 }, (_, n) => `${n}`);
    for (const text of texts) assert.equal(await post(text), readers.length);
    for (const reader of readers) {
      const found = [];
      for await (const event of reader) {
        if (found.push(event.data) === texts.length) break;
      }
      assert.deepEqual(found, texts);
    }
    // Left, one and all: each is noticed at the next write.
    while ((await post('is anybody there?')) > 0);
  });

  test('nothing went wrong', () => assert.doesNotMatch(server.logs(), /error|panic|uncaught|unhandled|hung/i));
});
