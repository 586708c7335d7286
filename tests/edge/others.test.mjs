// The checks of the writing side in Node 24, Deno and Bun, each a process of its own.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';

import { ROOT } from '../../scripts/lib/console.mjs';
import { PROGRAMS } from '../client/runtimes/programs.mjs';
import { checks } from '../e2e/server-suite.mjs';

/** The results by the names of the checks, and what was left unhandled. */
async function run([command, ...args]) {
  const child = spawn(command, [...args, join(ROOT, 'tests/e2e/all.mjs')], { cwd: ROOT });
  let [output, noise] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (piece) => (output += piece));
  child.stderr.setEncoding('utf8').on('data', (piece) => (noise += piece));
  const code = await new Promise((done, fail) => child.once('error', fail).once('close', done));
  const lines = output.split('\n').filter(Boolean);
  assert.equal(code, 0, noise);
  const results = lines.map((line) => JSON.parse(line));
  const { rejections } = results.pop();
  return { results: new Map(results.map((result) => [result.name, result])), rejections };
}

for (const name of ['node24', 'deno', 'bun']) {
  const program = await PROGRAMS[name]();
  describe(
    `the server entry in ${program?.title ?? name}`,
    { skip: !program && 'there is none for this machine' },
    () => {
      let found;
      before(async () => (found = await run(program.command)));

      for (const check of Object.keys(checks)) {
        test(check, (t) => {
          const { status, error } = found.results.get(check) ?? { status: 'missing' };
          if (status === 'skipped') return t.skip('this runtime hands no signal on');
          assert.equal(status, 'passed', error);
        });
      }

      test('no rejection was left unhandled', () => assert.deepEqual(found.rejections, []));
    },
  );
}
