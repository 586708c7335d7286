// `npm test`: brings the build up to date, runs every suite, and ends with a summary. `npm test -- node workerd` runs
// only those suites.

import { performance } from 'node:perf_hooks';

import { build } from './lib/build.mjs';
import { Expected, run } from './lib/console.mjs';
import { SUITES } from './lib/suites.mjs';

await run(async () => {
  const chosen = process.argv.slice(2);
  const unknown = chosen.filter((name) => !(name in SUITES));
  if (unknown.length)
    throw new Expected(`Expected names of suites (${Object.keys(SUITES).join(', ')}), found ${unknown.join(', ')}.`);
  await build();
  const results = [];
  for (const name of chosen.length ? chosen : Object.keys(SUITES)) {
    console.log(`\n── ${name} ${'─'.repeat(60 - name.length)}`);
    results.push(await runSuite(name));
  }
  summarise(results);
});

async function runSuite(name) {
  const start = performance.now();
  const result = { name, passed: 0, failed: 0, skipped: 0, problems: [] };
  try {
    const { broken, ...counts } = await SUITES[name]();
    Object.assign(result, counts);
    // A suite that does not compile, or a process that dies, has no failed test to show for it.
    if (broken && !result.failed) fail(result, 'ended with an error outside its tests');
    if (!result.passed && !result.failed) fail(result, 'ran no test');
  } catch (error) {
    fail(result, error.message);
  }
  result.seconds = (performance.now() - start) / 1000;
  return result;
}

function fail(result, problem) {
  result.failed++;
  result.problems.push(`${result.name}: ${problem}`);
}

function summarise(results) {
  const rows = [
    ['suite', 'passed', 'failed', 'skipped', 'seconds'],
    ...results.map((row) => [row.name, row.passed, row.failed, row.skipped, row.seconds.toFixed(1)].map(String)),
  ];
  console.log('');
  for (const [name, ...numbers] of rows)
    console.log(name.padEnd(10) + numbers.map((number) => number.padStart(9)).join(''));
  for (const problem of results.flatMap((row) => row.problems)) console.log(`\n${problem}`);
  const sum = (key) => results.reduce((total, row) => total + row[key], 0);
  if (sum('failed')) process.exitCode = 1;
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
}
