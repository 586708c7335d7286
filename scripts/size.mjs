// `npm run size`: what a bundler ships for an import of each entry, wasm included, beside its limit, budget and goal.

import { build } from './lib/build.mjs';
import { bundleSizes } from './lib/bundle.mjs';
import { Expected, run } from './lib/console.mjs';

// In kB (1000 bytes) of gzip. The budget is what an entry may cost, the goal where it should go. The limit is just above where
// each is, so that none grows unnoticed: over it the command fails.
const ENTRIES = [
  { from: 'eventsource-wasm', names: ['EventSource'], limit: 15.5, budget: 16, goal: 12 },
  { from: 'eventsource-wasm/parser', names: ['createParser'], limit: 7, budget: 7, goal: 5 },
  { from: 'eventsource-wasm/server', names: ['eventStream'], limit: 14.3, budget: 18, goal: 14 },
  { from: 'eventsource-wasm/node', names: ['toNodeListener'], limit: 2.9, budget: 4, goal: 3 },
  { from: 'eventsource-wasm/redis', names: ['redisStore'], limit: 2, budget: 2, goal: 2 },
];

await run(async () => {
  await build({ quiet: true });
  const rows = [];
  for (const entry of ENTRIES) rows.push({ ...entry, ...(await measure(entry)) });
  print(rows);
  for (const { later, ...row } of rows) {
    if (later.gzip) {
      const more = (later.gzip / 1000).toFixed(2);
      console.log(`\n${code(row)}: ${more} kB (gzip) more when it is used, for shareAcrossTabs.`);
    }
  }
  const over = (what) =>
    rows
      .filter((row) => row.gzip > row[what] * 1000)
      .map((row) => `${code(row)} by ${row.gzip - row[what] * 1000} bytes`)
      .join('; ');
  if (over('budget')) console.log(`\nStill over the budget: ${over('budget')}.`);
  if (over('limit')) throw new Expected(`Over the limit: ${over('limit')}.`);
});

async function measure({ from, names }) {
  const all = await bundleSizes(from, names);
  const { gzip: script } = await bundleSizes(from, names, { scriptOnly: true });
  return { ...all, script, wasm: all.gzip - script };
}

function code({ from, names }) {
  return `import { ${names.join(', ')} } from '${from}'`;
}

function print(rows) {
  const kb = (bytes) => (bytes / 1000).toFixed(2);
  const table = [
    ['kB, minified ESM by esbuild', 'raw', 'gzip', 'brotli', 'limit', 'budget', 'goal', 'of gzip: wasm', 'script'],
    ...rows.map((row) => [
      code(row),
      kb(row.raw),
      kb(row.gzip),
      kb(row.brotli),
      String(row.limit),
      String(row.budget),
      String(row.goal),
      kb(row.wasm),
      kb(row.script),
    ]),
  ];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  for (const row of table)
    console.log(row.map((cell, at) => (at ? cell.padStart(widths[at]) : cell.padEnd(widths[at]))).join('  '));
}
