// Random numbers of one seed for a run: $SERVER_SEED repeats what a failure names.

import { random } from '../../e2e/random.mjs';

export const SEED = Number(process.env.SERVER_SEED || Date.now() % 1_000_000_000);

/** Numbers of their own for each of many. */
export function numbersOf(which) {
  const next = random(SEED + which * 7919);
  return {
    /** A whole number from 1 to `most`. */
    upTo: (most) => 1 + Math.floor(next() * most),
    oneOf: (values) => values[Math.floor(next() * values.length)],
  };
}

/** Where its numbers were not `0, 1, …, count - 1`, in words. */
export function firstFault(numbers, count) {
  const at = numbers.findIndex((number, index) => number !== index);
  if (at >= 0) return `${numbers[at]} in place of ${at} (after ${numbers.slice(Math.max(0, at - 3), at)})`;
  return numbers.length === count ? undefined : `${numbers.length} events in place of ${count}`;
}
