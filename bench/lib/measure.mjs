// Contestants take turns within one process, so that what the machine does besides meets all of them alike.

/** CPU time of the whole process in milliseconds: it counts the threads of the collector and of the compiler too. */
export const cpu = globalThis.process?.cpuUsage
  ? () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    }
  : () => performance.now();

/** How long one turn of one contestant is at least, in milliseconds. */
const TURN = 15;
const ROUNDS = 9;

/** Whoever takes this long for one call is not called again: the call that it has had is its measure. */
export const isSlow = (milliseconds) => milliseconds > 250;

/**
 * Measures functions that do the same work; they may answer promises.
 *
 * @param {Record<string, () => unknown>} contestants each call does the work once
 * @param {{ turn?: number, rounds?: number, first?: Record<string, number> }} options `first` are the milliseconds that
 *   each took when it was checked, so that a slow one is known without another call
 * @returns {Promise<Record<string, number>>} the median of the milliseconds that one call takes
 */
export async function compare(contestants, { turn = TURN, rounds = ROUNDS, first = {} } = {}) {
  const names = Object.keys(contestants).filter((name) => !isSlow(first[name]));
  const calls = {};
  for (const name of names) calls[name] = await callsFor(contestants[name], turn);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    // Whoever comes first in a round bears the garbage of the one before: so that is not always the same one.
    for (let at = 0; at < names.length; at++) {
      const name = names[(at + round) % names.length];
      times[name].push(await time(contestants[name], calls[name]));
    }
  }
  return Object.fromEntries(
    Object.keys(contestants).map((name) => [name, name in times ? median(times[name]) : first[name]]),
  );
}

/** The milliseconds of CPU time that a call takes. */
export async function time(work, calls = 1) {
  const start = cpu();
  for (let call = 0; call < calls; call++) {
    const answer = work();
    if (answer instanceof Promise) await answer;
  }
  return (cpu() - start) / calls;
}

/** Warms up until the compiler has had its chance, and finds how many calls make a turn. */
async function callsFor(work, turn) {
  let calls = 1;
  for (let total = 0; ; calls *= 2) {
    const start = performance.now();
    await time(work, calls);
    const took = performance.now() - start;
    total += took;
    if (took >= turn / 2 && total >= turn * 3) return Math.max(1, Math.round((calls * turn) / took));
  }
}

/** Calls until the compiler has had its chance, also those that work in the background. */
export async function warmUp(work, milliseconds = 200) {
  for (const start = performance.now(); performance.now() - start < milliseconds;) await time(work);
}

export function median(values) {
  return quantile(values, 0.5);
}

/** The value that so large a part of the values is below. */
export function quantile(values, part) {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];
}

export function geometricMean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
