// Contestants take turns within one process, so that what the machine does besides meets all of them alike.

/** CPU time of the whole process in milliseconds: it counts the threads of the collector and of the compiler too. */
const cpu = globalThis.process?.cpuUsage
  ? () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    }
  : () => performance.now();

/** How long one turn of one contestant is at least, in milliseconds. */
const TURN = 30;
const ROUNDS = 9;

/**
 * Measures functions that do the same work.
 *
 * @param {Record<string, () => unknown>} contestants each call does the work once
 * @returns {Record<string, number>} the median of the milliseconds that one call takes
 */
export function compare(contestants, { turn = TURN, rounds = ROUNDS } = {}) {
  const names = Object.keys(contestants);
  const calls = Object.fromEntries(names.map((name) => [name, callsFor(contestants[name], turn)]));
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    // Whoever comes first in a round bears the garbage of the one before: so that is not always the same one.
    for (let at = 0; at < names.length; at++) {
      const name = names[(at + round) % names.length];
      times[name].push(time(contestants[name], calls[name]));
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])]));
}

function time(work, calls) {
  const start = cpu();
  for (let call = 0; call < calls; call++) work();
  return (cpu() - start) / calls;
}

/** Warms up until the compiler has had its chance, and finds how many calls make a turn. */
function callsFor(work, turn) {
  let calls = 1;
  for (let total = 0; ; calls *= 2) {
    const start = performance.now();
    for (let call = 0; call < calls; call++) work();
    const took = performance.now() - start;
    total += took;
    if (took >= turn / 2 && total >= turn * 3) return Math.max(1, Math.round((calls * turn) / took));
  }
}

function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

export function geometricMean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
