// The cases of tests/cases through WebAssembly in Node, and random streams against the reference.

import { describe, test } from 'node:test';

import { createParser } from 'eventsource-wasm/parser';
import { encode } from 'eventsource-wasm/server';

import { runBoundary } from '../suite/boundary.mjs';
import { runConformance, runRandom } from '../suite/conformance.mjs';
import { assertNoneFailed, byTheme, loadCases } from '../suite/load.mjs';

const api = { createParser, encode };

describe('conformance in Node', async () => {
  test('the way over the boundary', () => assertNoneFailed(runBoundary(api), 12));

  for (const { name, size, cases } of byTheme(await loadCases())) {
    test(name, () => assertNoneFailed(runConformance(api, cases), size));
  }

  test('random streams in random chunks agree with the reference', () => {
    assertNoneFailed(runRandom(api, { seed: 1, streams: 4000, pieces: 40 }), 4000);
  });
});
