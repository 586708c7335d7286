// Run with --expose-gc: cycles, or many connections at a time, and the memory that they take. The result is a line of JSON.
//
//   node --expose-gc node.mjs cycles <count> <URL of the endless stream> <URL of the one that ends>
//   node --expose-gc node.mjs many <count> <URL of a stream>

import { setTimeout as sleep } from 'node:timers/promises';

import { cycles, median, STEP, watchMemory } from './cycles.mjs';

const wasm = watchMemory();
const api = await import('eventsource-wasm');
const [what, count, ...urls] = process.argv.slice(2);

/** The median of several collections: what is on its way is gone by then. */
async function heap(of = () => process.memoryUsage().heapUsed) {
  const found = [];
  for (let round = 0; round < 7; round++) {
    await sleep(30);
    globalThis.gc();
    found.push(of());
  }
  return median(found);
}

async function measureCycles(number, [endless, ending]) {
  const measure = async () => ({ heap: await heap(), wasm: wasm() });
  let before;
  for (let done = 0; done < number; done += STEP) {
    await cycles(api, STEP, { endless, ending });
    before ??= await measure();
    // What waits for a collection is no leak, but would be what is measured: a collection, and a turn for finalizers.
    globalThis.gc();
    await sleep(1);
  }
  return { before, after: await measure() };
}

async function measureMany(number, [url]) {
  const all = () => {
    const { heapUsed, external, rss } = process.memoryUsage();
    return { used: heapUsed + external, rss };
  };
  await heap();
  const before = all();
  const sources = [];
  const seen = { first: 0, second: 0, error: 0 };
  for (let at = 0; at < number; at++) {
    const source = new api.EventSource(url);
    source.onmessage = ({ data }) => seen[data]++;
    source.onerror = () => seen.error++;
    sources.push(source);
  }
  while (seen.first < number) await sleep(10);
  await heap();
  const after = all();
  console.log(
    JSON.stringify({ each: { used: (after.used - before.used) / number, rss: (after.rss - before.rss) / number } }),
  );
  // The starter lets the second event go.
  while (seen.second < number) await sleep(10);
  for (const source of sources) source.close();
  return { seen, wasm: wasm() };
}

const result = await { cycles: measureCycles, many: measureMany }[what](Number(count), urls);
console.log(JSON.stringify(result));
