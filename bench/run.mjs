// `npm run bench [section…] [--quick] [--on=node24,chromium] [--only=llm,tiny]`: measures, prints, writes bench/results/.
// What it finds is reported; nothing about speed is asserted.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { Expected, run, seconds } from '../scripts/lib/console.mjs';
import { facts } from './lib/facts.mjs';
import { installPeers } from './lib/install.mjs';
import { progress } from './lib/progress.mjs';
import { markdown, tableText } from './lib/report.mjs';

const SECTIONS = ['parse', 'encode', 'client', 'server', 'fanout', 'growth', 'startup', 'size'];
const RESULTS = new URL('./results/', import.meta.url);

await run(async () => {
  const { names, options } = readArguments(process.argv.slice(2));
  await installPeers();
  const start = performance.now();
  for (const name of names) await section(name, options);
  const kept = options.on || options.only ? 'a part is not kept' : 'it is kept in bench/results/';
  console.log(`It took ${seconds(performance.now() - start)}; ${kept}.`);
});

function readArguments(args) {
  const options = { quick: { type: 'boolean', default: false }, on: { type: 'string' }, only: { type: 'string' } };
  const { values, positionals } = expected(() => parseArgs({ args, allowPositionals: true, options }));
  const unknown = positionals.filter((word) => !SECTIONS.includes(word));
  if (unknown.length)
    throw new Expected(`Expected sections out of ${SECTIONS.join(', ')}, found ${unknown.join(', ')}.`);
  const there = SECTIONS.filter((name) => existsSync(new URL(`./${name}.mjs`, import.meta.url)));
  const names = positionals.length ? SECTIONS.filter((name) => positionals.includes(name)) : there;
  const list = (name) => (values[name] ? { [name]: values[name].split(',') } : {});
  return { names, options: { quick: values.quick, ...list('on'), ...list('only') } };
}

function expected(read) {
  try {
    return read();
  } catch (error) {
    throw new Expected(error.message);
  }
}

async function section(name, options) {
  const { run: measure } = await import(`./${name}.mjs`);
  const { log, clear } = progress(name);
  const found = await measure({ ...options, log });
  clear();
  console.log(`## ${found.title}\n`);
  if (found.intro) console.log(`${found.intro}\n`);
  for (const table of found.tables) console.log(`${tableText(table)}\n`);
  // A part of the rows is for whoever works on them.
  if (options.on || options.only) return;
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(new URL(`${name}.md`, RESULTS), markdown(found, facts(options)));
  for (const { name: plot, svg } of found.plots ?? []) writeFileSync(new URL(`${plot}.svg`, RESULTS), svg);
}
