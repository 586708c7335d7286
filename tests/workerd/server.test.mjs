// The writing side in workerd: the checks that all runtimes share, and readers at the end of a real connection.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startWorkerd } from '../../scripts/lib/workerd.mjs';
import { checks } from '../e2e/server-suite.mjs';

describe('eventStream in workerd', () => {
  let server;
  before(async () => {
    server = await startWorkerd({ entry: 'tests/workerd/server.worker.mjs' });
  });
  after(() => server?.close());

  const state = async () => (await fetch(`${server.url}/state`)).json();

  for (const name of Object.keys(checks)) {
    test(name, async (t) => {
      const response = await fetch(`${server.url}/check?name=${encodeURIComponent(name)}`);
      assert.equal(response.status, 200, server.logs());
      const { error, skipped } = await response.json();
      assert.equal(error, undefined);
      if (skipped) t.skip('this runtime does not offer it');
    });
  }

  test('headers, first bytes and events over HTTP; a reader that leaves is noticed', async () => {
    for (let readers = 1; readers <= 3; readers++) {
      const response = await fetch(`${server.url}/leave`);
      assert.equal(response.headers.get('content-type'), 'text/event-stream');
      assert.equal(response.headers.get('cache-control'), 'no-cache, no-transform');
      assert.equal(response.headers.get('x-accel-buffering'), 'no');
      assert.equal(response.headers.get('content-encoding'), null);
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      let read = '';
      while (!read.includes('data: hello')) read += decoder.decode((await reader.read()).value);
      await reader.cancel();
      let found = await state();
      while (found.reasons.length < readers) found = await state();
      assert.deepEqual(found.reasons, Array(readers).fill('cancelled'));
    }
  });

  test('no rejection was left unhandled', async () => {
    assert.deepEqual((await state()).rejections, []);
    assert.doesNotMatch(server.logs(), /uncaught|unhandled/i);
  });
});
