// How long it takes from the import to the first event, in fresh processes and in fresh pages.

import { fileURLToPath } from 'node:url';

import { bundle } from '../scripts/lib/bundle.mjs';
import { median, quantile } from './lib/measure.mjs';
import { openPages, serveScripts } from './lib/pages.mjs';
import { bundleInside, runtimes } from './lib/runtimes.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));

const INTRO =
  'Milliseconds on the clock from `import()` to its end (ready), and on to the first result: an event out of bytes, a frame, ' +
  'or for the clients an event over a loopback connection. Each time in a new process or a new page, contestants in turn; ' +
  'medians, with the quartiles behind them. Chromium gets each import as one minified script, uncompressed and uncached, from ' +
  'loopback, and from a blob that is already there; Node reads the packages as they are installed. CPU is that of the ' +
  'process, its other threads included.';

const ENTRIES = {
  'eventsource-wasm/parser': [
    { name: 'ours', specifier: 'eventsource-wasm/parser', exports: 'createParser', first: 'parser' },
    { name: 'eventsource-parser 4', specifier: 'eventsource-parser', exports: 'createParser', first: 'text parser' },
    { name: 'eventsource-parser 3', specifier: 'eventsource-parser-3', exports: 'createParser', first: 'text parser' },
  ],
  'eventsource-wasm': [
    { name: 'ours', specifier: 'eventsource-wasm', exports: 'EventSource', first: 'client' },
    { name: 'eventsource', specifier: 'eventsource', exports: 'EventSource', first: 'client' },
    { name: 'native', first: 'client', only: 'chromium' },
  ],
  'eventsource-wasm/server': [
    { name: 'ours', specifier: 'eventsource-wasm/server', exports: 'encode', first: 'encoder' },
    { name: 'eventsource-encoder', specifier: 'eventsource-encoder', exports: 'encode', first: 'text encoder' },
  ],
};

export async function run({ quick, on, log }) {
  const rounds = quick ? 3 : 15;
  const server = await serveScripts(await scripts());
  const tables = [];
  try {
    for (const runtime of runtimes({ on })) {
      const { once, close } = await starter(runtime, server.url);
      try {
        const found = await turns(runtime, once, rounds, log);
        for (const entry of Object.keys(ENTRIES)) tables.push(tableOf(`${runtime.name}: \`${entry}\``, found[entry]));
      } finally {
        await close();
      }
    }
  } finally {
    await server.close();
  }
  return { title: 'startup', intro: `${INTRO} ${rounds} times each.`, tables };
}

/** Each entry as the script that a page would load, and what runs in the page. */
async function scripts() {
  const made = { '/work.js': await bundleInside('startup') };
  for (const { specifier, exports } of Object.values(ENTRIES).flat())
    if (specifier) made[path(specifier)] = await bundle(specifier, [exports], { resolveDir: HERE });
  return made;
}

const path = (specifier) => `/${specifier.replaceAll('/', '-')}.js`;

/** Where Chromium has a script from; Node has its modules on disk. */
const PLACES = { node: [''], chromium: [', from loopback', ', from a blob'] };
const placesOf = ({ key }) => PLACES[key] ?? PLACES.node;

/** `once(contestant, place)` is a start in a new process, or in a new page. */
async function starter(runtime, url) {
  const input = ({ first }) => ({ first, url: `${url}/events` });
  if (runtime.key !== 'chromium') {
    const once = (contestant) => runtime.run('startup', { ...input(contestant), specifier: contestant.specifier });
    return { once, close: () => {} };
  }
  const { run: inPage, close } = await openPages(url);
  const once = ({ specifier, ...contestant }, place) =>
    inPage({
      ...input(contestant),
      ...(specifier && { specifier: path(specifier) }),
      fromBlob: place === PLACES.chromium[1],
    });
  return { once, close };
}

/** @returns {Promise<Record<string, Record<string, object[]>>>} by entry, place and contestant what each start took */
async function turns(runtime, once, rounds, log) {
  const found = {};
  for (let round = 0; round <= rounds; round++) {
    log(`${runtime.name}: starts`, round + 1, rounds + 1);
    for (const [entry, contestants] of Object.entries(ENTRIES)) {
      const able = contestants.filter(({ only }) => !only || only === runtime.key);
      for (const place of placesOf(runtime)) {
        // Whoever comes first in a round is another one in the next.
        for (let at = 0; at < able.length; at++) {
          const contestant = able[(at + round) % able.length];
          const took = await once(contestant, place);
          // The first round fills the machine's caches.
          if (round) (((found[entry] ??= {})[place] ??= {})[contestant.name] ??= []).push(took);
        }
      }
    }
  }
  return found;
}

function tableOf(title, byPlace) {
  const rows = Object.entries(byPlace).flatMap(([place, found]) => rowsOf(place, found));
  return { title, rows };
}

function rowsOf(place, found) {
  const names = ['ours', ...Object.keys(found).filter((name) => name !== 'ours')];
  const what = { 'import to ready': 'ready', 'import to first result': 'done' };
  if (found.ours[0].cpu !== undefined) what['CPU time of that'] = 'cpu';
  return Object.entries(what).map(([row, part]) => {
    const values = (name) => found[name].map((took) => took[part]);
    const ratio = (name) =>
      part === 'ready' && name === 'native' ? 'nothing to import' : median(values(name)) / median(values('ours'));
    return {
      what: `${row}${place}`,
      ...Object.fromEntries(names.slice(1).map((name) => [`× ${name}`, ratio(name)])),
      ...Object.fromEntries(names.map((name) => [name, spread(values(name))])),
    };
  });
}

function spread(values) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantile(values, part).toFixed(2));
  return `${middle} ms (${low}–${high})`;
}
