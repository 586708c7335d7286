// The tests of eventsource-wasm/node once more, in Node 24.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { PROGRAMS } from '../client/runtimes/programs.mjs';

test('eventsource-wasm/node in Node 24', async (t) => {
  const node = await PROGRAMS.node24();
  if (!node) return t.skip(`there is none for ${process.platform}-${process.arch}`);
  const files = ['request', 'response', 'leaving', 'http2', 'frameworks', 'hono'].map((part) =>
    fileURLToPath(new URL(`./node-adapter-${part}.test.mjs`, import.meta.url)),
  );
  // What the runner that this runs in tells its children would make them report to it.
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(node.command[0], ['--test', '--test-reporter=spec', ...files], {
    encoding: 'utf8',
    env,
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
  const passed = Number(/^\S+ pass (\d+)$/m.exec(stdout)?.[1]);
  assert.ok(passed > 50, `${passed} tests have passed:\n${stdout}`);
});
