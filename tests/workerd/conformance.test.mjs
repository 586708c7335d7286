// The cases of tests/cases through WebAssembly in workerd.

import { after, before, describe, test } from 'node:test';

import { startWorkerd } from '../../scripts/lib/workerd.mjs';
import { assertNoneFailed, byTheme, loadCases } from '../suite/load.mjs';

describe('conformance in workerd', async () => {
  let server;
  before(async () => {
    server = await startWorkerd({ entry: 'tests/workerd/conformance.worker.mjs' });
  });
  after(() => server?.close());

  async function run(job) {
    const response = await fetch(server.url, { method: 'POST', body: JSON.stringify(job) });
    if (!response.ok) throw new Error(`expected a report, found ${response.status}: ${server.logs()}`);
    return response.json();
  }

  test('the way over the boundary', async () => assertNoneFailed(await run({}), 12));

  for (const { name, size, cases } of byTheme(await loadCases())) {
    test(name, async () => assertNoneFailed(await run({ cases }), size));
  }

  test('random streams in random chunks agree with the reference', async () => {
    assertNoneFailed(await run({ random: { seed: 10_001, streams: 2000, pieces: 40 } }), 2000);
  });
});
