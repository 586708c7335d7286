// The time that work takes as it grows one way.

import { compare, isSlow, time, warmUp } from '../lib/measure.mjs';
import { CONTESTANTS, SIZES, workOf } from './growing.mjs';

/** @returns points of `{ way, size, times }`, in milliseconds */
export default async function growthTime({ way, options }, report) {
  const points = [];
  const names = Object.keys(CONTESTANTS);
  const warm = workOf(way, SIZES[way][SIZES[way].length >> 1], true);
  for (const name of names) await warmUp(() => warm(CONTESTANTS[name]));
  for (const size of SIZES[way]) {
    report(`${way} ${size}`, points.length + 1, SIZES[way].length);
    const work = workOf(way, size, true);
    const found = {};
    const first = {};
    for (const name of names) first[name] = await time(() => (found[name] = work(CONTESTANTS[name])));
    const [a, b] = names.map((name) => JSON.stringify(found[name]));
    if (a !== b) throw new Error(`${way} ${size}: expected the same events, found ${a} and ${b}`);
    const rounds = Object.values(first).some(isSlow) ? 3 : options.rounds;
    const contestants = Object.fromEntries(names.map((name) => [name, () => work(CONTESTANTS[name])]));
    points.push({ way, size, times: await compare(contestants, { ...options, rounds }) });
  }
  return points;
}
