// Contestants in turns, in a place: a Node (node.mjs) or a page (page.mjs).

import { median, quantile } from '../lib/measure.mjs';
import { expected, STREAMS } from './streams.mjs';

const CHECKED = 1000;
/** Whoever takes so many milliseconds for a turn has fewer of them. */
const SLOW = 250;
/** The beginning of a steady stream, in which the connection is made and code is compiled. */
const SETTLING = 100;

/**
 * Everyone reads the same backlog, over and over again.
 *
 * @returns {Promise<Record<string, { total: number, span: number, cpu?: number } | { cannot: string }>>} medians, in
 *   microseconds an event
 */
export async function readBacklog(place, stream, { origin, count, rounds, log }) {
  const url = `${origin}/backlog?stream=${stream}&count=${count}`;
  const { title, data } = STREAMS[stream];
  const units = Array.from({ length: count }, (_, n) => data(n).length).reduce((sum, length) => sum + length, 0);
  const take = (name) => place.turn(name, url, { count, units });
  const { able, results } = await checkAll(place, stream, origin);
  const turns = {};
  for (const name of able) turns[name] = { first: (await take(name)).total, taken: [] };
  for (let round = 0; round < rounds; round++) {
    log(`${place.name}, ${title}`, round + 1, rounds);
    // Whoever comes first in a round meets what the last one has left; that is not always the same one.
    for (let at = 0; at < able.length; at++) {
      const name = able[(at + round) % able.length];
      const { first, taken } = turns[name];
      if (first < SLOW || round % 3 === 0) taken.push(await take(name));
    }
  }
  const middle = (name, key) => (median(turns[name].taken.map((turn) => turn[key])) * 1000) / count;
  for (const name of able) {
    results[name] = { total: middle(name, 'total'), span: middle(name, 'span'), cpu: middle(name, 'cpu') };
  }
  return results;
}

/** Everyone shows that it finds the same events; a peer that does not get so far is told with its reason. */
async function checkAll(place, stream, origin) {
  const url = `${origin}/backlog?stream=${stream}&count=${CHECKED}`;
  const wanted = JSON.stringify(expected(stream, CHECKED));
  const results = {};
  const able = [];
  for (const { name, ours } of place.contestants) {
    let found;
    try {
      found = JSON.stringify(await place.check(name, url, CHECKED));
    } catch (error) {
      if (ours) throw error;
      results[name] = { cannot: error.message.split('\n')[0] };
      continue;
    }
    if (found !== wanted) {
      throw new Error(`${place.name}, ${name}: expected ${wanted.slice(0, 200)}, found ${found.slice(0, 200)}`);
    }
    able.push(name);
  }
  return { able, results };
}

/**
 * Everyone reads a steady stream: how old each event is when it is delivered, in milliseconds, and the CPU time of one, in
 * microseconds. The quantiles are those of each run, and of the runs the median: a single hiccup of the machine does not count.
 */
export async function readSteady(place, names, { origin, count, rate, rounds, log }) {
  const all = count + SETTLING;
  const url = `${origin}/steady?count=${all}&rate=${rate}`;
  const runs = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    log(`${place.name}, delay`, round + 1, rounds);
    for (let at = 0; at < names.length; at++) {
      const name = names[(at + round) % names.length];
      const { delays, cpu } = await place.watch(name, url, all);
      const settled = delays.slice(SETTLING);
      if (settled.length !== count) throw new Error(`${name}: expected ${count} events, found ${settled.length}`);
      runs[name].push({ p50: quantile(settled, 0.5), p99: quantile(settled, 0.99), cpu: (cpu * 1000) / all });
    }
  }
  const middle = (name, key) => median(runs[name].map((run) => run[key]));
  const summed = names.map((name) => [
    name,
    { p50: middle(name, 'p50'), p99: middle(name, 'p99'), cpu: middle(name, 'cpu') },
  ]);
  return Object.fromEntries(summed);
}
