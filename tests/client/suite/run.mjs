// Runs checks in whatever runtime this is.

import * as assert from '../../e2e/check.mjs';
import { busy, checks } from './index.mjs';
import { remote } from './remote.mjs';
import { skipOf } from './skips.mjs';

// A check that hangs is a failure with a name; none is meant to come near it.
const LIMIT_MS = 180_000;
const AT_A_TIME = 4;

/**
 * Runs one check. The answer is `{ name, status: 'passed' | 'failed' | 'skipped', reason?, error?, ms? }`.
 *
 * @param {{ runtime: string, api: object, control: string }} place a name of suite/skips.mjs, the package, and the URL of
 *   the fault server
 */
export async function runCheck(name, { runtime, api, control }) {
  const reason = skipOf(runtime, name);
  if (reason) return { name, status: 'skipped', reason };
  const start = performance.now();
  let timer;
  try {
    const limit = new Promise((_, fail) => {
      timer = setTimeout(() => fail(new Error(`expected an end within ${LIMIT_MS / 1000} s, found none`)), LIMIT_MS);
    });
    await Promise.race([checks[name]({ api, server: remote(control), assert }), limit]);
    return { name, status: 'passed', ms: performance.now() - start };
  } catch (error) {
    const stack = String(error?.stack ?? error);
    // Some engines leave the message out of the stack.
    return {
      name,
      status: 'failed',
      error: stack.includes(error?.message ?? '') ? stack : `${error.message}\n${stack}`,
    };
  } finally {
    clearTimeout(timer);
  }
}

/** All these names, or those that have one of the wanted texts in it. */
export function namesOf(wanted, names = Object.keys(checks)) {
  return names.filter((name) => !wanted.length || wanted.some((text) => name.includes(text)));
}

/** Calls `check(name)` for each: those that keep a processor busy one by one, then the others a few at a time. */
export async function runAll(names, check) {
  const waiting = [];
  for (const name of names) {
    if (busy.has(name)) await check(name);
    else waiting.push(name);
  }
  const work = async () => {
    while (waiting.length) await check(waiting.shift());
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
}
