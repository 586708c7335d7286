// Assertions for checks that run in any runtime.

export function yes(condition, what) {
  if (!condition) throw new Error(`expected ${what}`);
}

export function same(found, expected, what = 'value') {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  if (left !== right) throw new Error(`expected ${what} to be ${right}, found ${left}`);
}

/** The error that a promise rejects with. */
export async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection, found none');
}

export const settle = (milliseconds = 30) => new Promise((done) => setTimeout(done, milliseconds));

/** Waits until `condition()` is true; the runner's own limit ends a wait that never is. */
export async function until(condition) {
  while (!condition()) await settle(2);
}
