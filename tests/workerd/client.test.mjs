// The client as an edge handler has it: retries, time limits, reconnect() and iteration within workerd.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startWorkerd } from '../../scripts/lib/workerd.mjs';

describe('the client in workerd', () => {
  let server;
  before(async () => {
    server = await startWorkerd({ entry: 'tests/workerd/client.worker.mjs' });
  });
  after(() => server?.close());
  const play = async (scene) => (await fetch(`${server.url}/${scene}`)).json();

  test('connect: a refusal, an end and a silence, by a function', async () => {
    assert.deepEqual(await play('connect'), {
      found: ['1', '2'],
      codes: ['http-status', 'stream-ended', 'idle-timeout'],
      ids: [null, null, '1', '2'],
    });
  });

  test('EventSource: a failure that is waited for, reconnect() and break', async () => {
    assert.deepEqual(await play('EventSource'), { found: ['1', '2'], ids: [null, null, '1'], readyState: 2 });
  });
});
