// Runs checks one after the other, in whatever runtime this is.

import * as assert from '../../e2e/check.mjs';
import { checks } from './index.mjs';
import { remote } from './remote.mjs';
import { skipOf } from './skips.mjs';

// A check that hangs is a failure with a name; none is meant to come near it.
const LIMIT_MS = 60_000;

/**
 * One check: `{ name, status: 'passed' | 'failed' | 'skipped', reason?, error?, ms }`.
 *
 * @param {{ runtime: string, api: object, server: { url: string, control: string } }} place
 */
export async function runCheck(name, { runtime, api, server }) {
  const reason = skipOf(runtime, name);
  if (reason) return { name, status: 'skipped', reason, ms: 0 };
  const start = performance.now();
  let timer;
  try {
    const limit = new Promise((_, fail) => {
      timer = setTimeout(() => fail(new Error(`expected an end within ${LIMIT_MS / 1000} s, found none`)), LIMIT_MS);
    });
    await Promise.race([checks[name]({ api, server: remote(server), assert, runtime }), limit]);
    return { name, status: 'passed', ms: performance.now() - start };
  } catch (error) {
    const text = String(error?.stack ?? error);
    // Some engines leave the message out of the stack.
    const told = text.includes(error?.message ?? '') ? text : `${error.message}\n${text}`;
    return { name, status: 'failed', error: told, ms: performance.now() - start };
  } finally {
    clearTimeout(timer);
  }
}

/** Names of all checks, or of those that have one of these texts in it. */
export function namesOf(wanted = []) {
  return Object.keys(checks).filter((name) => !wanted.length || wanted.some((text) => name.includes(text)));
}

export async function runChecks(place, wanted, report) {
  for (const name of namesOf(wanted)) await report(await runCheck(name, place));
}
