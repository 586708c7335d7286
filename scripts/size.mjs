// `npm run size`: what a bundler ships for an import of each entry, wasm included, beside its limit, budget and goal.

import { brotliCompressSync, gzipSync } from 'node:zlib';

import { build } from './lib/build.mjs';
import { Expected, ROOT, run } from './lib/console.mjs';

// In kB (1000 bytes) of gzip. The budget is what an entry may cost, the goal where it should go. Two entries are still over
// their budget; the limit is just above where each is, so that none grows unnoticed: over it the command fails.
const ENTRIES = [
  { code: "import { EventSource } from 'eventsource-wasm'", names: ['EventSource'], limit: 23.3, budget: 20, goal: 12 },
  {
    code: "import { createParser } from 'eventsource-wasm/parser'",
    names: ['createParser'],
    limit: 9.2,
    budget: 8,
    goal: 5,
  },
  {
    code: "import { eventStream } from 'eventsource-wasm/server'",
    names: ['eventStream'],
    limit: 8.1,
    budget: 18,
    goal: 14,
  },
];

await run(async () => {
  await build({ quiet: true });
  const rows = [];
  for (const entry of ENTRIES) rows.push({ ...entry, ...(await measure(entry)) });
  print(rows);
  const over = (what) =>
    rows
      .filter((row) => row.gzip > row[what] * 1000)
      .map((row) => `${row.code} by ${row.gzip - row[what] * 1000} bytes`)
      .join('; ');
  if (over('budget')) console.log(`\nStill over the budget: ${over('budget')}.`);
  if (over('limit')) throw new Expected(`Over the limit: ${over('limit')}.`);
});

async function measure({ code, names }) {
  const whole = await bundle(code, names);
  const scriptOnly = await bundle(code, names, true);
  const gzip = gzipSync(whole, { level: 9 }).length;
  const script = gzipSync(scriptOnly, { level: 9 }).length;
  return { raw: whole.length, gzip, brotli: brotliCompressSync(whole).length, script, wasm: gzip - script };
}

/** esbuild's output for the import; with `scriptOnly` the wasm is an empty string. */
async function bundle(code, names, scriptOnly = false) {
  const { build: bundler } = await import('esbuild');
  const empty = {
    name: 'without-wasm',
    setup: (on) => on.onLoad({ filter: /\.bytes\.js$/ }, () => ({ contents: "export const text = '';" })),
  };
  const { outputFiles } = await bundler({
    stdin: { contents: `${code};\nexport { ${names.join(', ')} };`, resolveDir: ROOT, sourcefile: 'entry.js' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    plugins: scriptOnly ? [empty] : [],
  });
  return outputFiles[0].contents;
}

function print(rows) {
  const kb = (bytes) => (bytes / 1000).toFixed(2);
  const table = [
    ['kB, minified ESM by esbuild', 'raw', 'gzip', 'brotli', 'limit', 'budget', 'goal', 'of gzip: wasm', 'script'],
    ...rows.map((row) => [
      row.code,
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
