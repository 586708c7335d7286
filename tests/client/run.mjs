// The client's suite on every runtime, one after the other.
//
//   node tests/client/run.mjs [names of runtimes] [-- texts of wanted checks]

import { pathToFileURL } from 'node:url';

import { startFaultServer } from './fault-server.mjs';
import { startLeaks } from './leaks.mjs';
import { startChromium, startChromiumWorker, startFirefox, pageFiles } from './runtimes/browsers.mjs';
import { STARTERS } from './runtimes/processes.mjs';
import { startWorkerd } from './runtimes/workerd.mjs';
import { namesOf } from './suite/run.mjs';
import { strayed } from './suite/skips.mjs';

const RUNTIMES = {
  ...STARTERS,
  workerd: startWorkerd,
  chromium: startChromium,
  'chromium-worker': startChromiumWorker,
  firefox: startFirefox,
  leaks: startLeaks,
};

/** Shows a line for each runtime, failures and reasons to skip in full, and answers the sums `{ passed, failed, skipped }`. */
export async function runClient({ runtimes = [], wanted = [] } = {}) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const stray = strayed(namesOf([]));
  if (stray.length) throw new Error(`expected skips to name checks, found ${stray.join(', ')}`);
  for (const name of runtimes.length ? runtimes : Object.keys(RUNTIMES)) {
    const counts = await runOn(name, wanted);
    for (const key of Object.keys(total)) total[key] += counts[key];
  }
  return total;
}

async function runOn(name, wanted) {
  const start = performance.now();
  const results = [];
  const report = (result) => {
    results.push(result);
    if (process.env.TIMES) console.log(`  ${result.ms?.toFixed(0).padStart(6)} ms  ${result.name}`);
    if (result.status !== 'failed') return;
    // Lists of a thousand ids are no help.
    const error = result.error.replace(/^/gm, '    ').replace(/(.{1000}).*/g, '$1 …');
    console.log(`✖ ${name}, ${result.name}\n${error}`);
  };
  const fail = (what, error) => report({ name: what, status: 'failed', error: String(error?.stack ?? error) });
  const server = await startFaultServer(pageFiles);
  let [place, title] = [undefined, name];
  try {
    place = await RUNTIMES[name](server);
    if (place) {
      ({ title } = place);
      const names = namesOf(wanted, place.names);
      const rejections = await place.run(server.url, names, report);
      if (rejections.length) fail('no rejection is left unhandled', rejections.join('\n'));
      const missing = names.filter((known) => !results.some((result) => result.name === known));
      if (missing.length)
        fail('all checks have run', `expected results of all checks, found none of ${missing.join(', ')}`);
    } else {
      const reason = `there is none for ${process.platform}-${process.arch}`;
      report({ name: 'all', status: 'skipped', reason });
    }
  } catch (error) {
    fail('it runs the suite', error);
  } finally {
    await place?.close();
    await server.close();
  }
  return summarise(title, results, (performance.now() - start) / 1000);
}

function summarise(title, results, seconds) {
  const of = (status) => results.filter((result) => result.status === status);
  const counts = { passed: of('passed').length, failed: of('failed').length, skipped: of('skipped').length };
  const told = Object.entries(counts).map(([status, count]) => `${String(count).padStart(4)} ${status}`);
  console.log(`${counts.failed ? '✖' : '✔'} ${title.padEnd(25)}${told.join('')}${seconds.toFixed(1).padStart(8)} s`);
  for (const { name, measured } of results) if (measured) console.log(`    ${name}: ${measured}`);
  const skips = of('skipped');
  for (const reason of new Set(skips.map((result) => result.reason))) {
    const names = skips.filter((result) => result.reason === reason).map((result) => `“${result.name}”`);
    console.log(`    skipped, as ${reason}: ${names.join(', ')}`);
  }
  return counts;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const args = process.argv.slice(2);
  const at = args.indexOf('--') < 0 ? args.length : args.indexOf('--');
  const { passed, failed, skipped } = await runClient({ runtimes: args.slice(0, at), wanted: args.slice(at + 1) });
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed ? 1 : 0;
}
