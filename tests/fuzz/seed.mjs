// Writes the seed corpus of the `parser` target: the reading cases, each with bytes behind it that say how it is fed.

import { mkdir, writeFile } from 'node:fs/promises';

import { concat, inputOf } from '../suite/cases.mjs';
import { loadCases } from '../suite/load.mjs';

const LARGEST = 512;
/** No option, no limit, and six cuts: see `Feeding::new` in fuzz_targets/parser.rs. */
const FEEDING = Uint8Array.of(0, 0, 20, 70, 110, 150, 190, 230);

const folder = new URL('corpus/parser/', import.meta.url);
await mkdir(folder, { recursive: true });
let seeds = 0;
for (const [theme, cases] of Object.entries((await loadCases()).reading)) {
  for (const [number, testCase] of cases.entries()) {
    const input = inputOf(testCase);
    if (!input || input.length > LARGEST) continue;
    const feeding = FEEDING.slice();
    if (testCase.options?.flush) feeding[0] |= 1;
    if (testCase.options?.lastEventId) feeding[0] |= 2;
    feeding[1] = testCase.options?.maxEventSize ?? 0;
    await writeFile(new URL(`${theme}-${number}`, folder), concat([input, feeding]));
    seeds += 1;
  }
}
console.log(`${seeds} seeds`);
