// The types of the clients, as they are published, fit what the store takes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('both clients’ own types fit', () => {
  const path = (name) => fileURLToPath(new URL(name, import.meta.url));
  const options = [
    '--noEmit',
    '--ignoreConfig',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--types',
    'node',
  ];
  const tsc = path('../../node_modules/typescript/bin/tsc');
  const { stdout, status } = spawnSync(process.execPath, [tsc, ...options, path('types.ts')], { encoding: 'utf8' });
  assert.equal(stdout, '');
  assert.equal(status, 0);
});
