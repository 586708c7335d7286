// The texts of failures stand twice, for Rust and for JavaScript; they are the same.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import * as failure from '../../dist/failure.js';

const sources = ['failure', 'error']
  .map((name) => readFileSync(new URL(`../../src/${name}.rs`, import.meta.url), 'utf8'))
  .join('');

/** The literals of the Rust sources, without the `expected ` that some begin with. */
const literals = new Set(
  [...sources.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text.replace(/^expected /, '')),
);

test('codes and messages of every cause and refusal are those of the Rust crate', () => {
  const { failureOf, ...causes } = failure;
  const numbers = Object.values(causes);
  assert.equal(numbers.length, 11);
  for (const cause of numbers) {
    for (const refusal of [0, 1, 2]) {
      const { code, message } = failureOf(cause, '$', new Float64Array([refusal, 3, 0, -1]));
      // What a failure is told as: the refusal, where there is one, and the cause, each with what is put in.
      const parts = message.split(/expected |\$|(?<=found )3(?= in a row)/);
      assert.equal(parts[0], '');
      for (const part of [code, ...parts.slice(1)]) assert.ok(part === '' || literals.has(part), part);
    }
  }
});
