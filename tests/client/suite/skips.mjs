// What a runtime cannot do, and why: such a check is counted as skipped, and its reason is shown.

/** By runtime, the beginning of a check's name and the reason. */
const SKIPS = {
  node: {},
  chromium: {},
  firefox: {},
  workerd: {},
  deno: {},
  bun: {},
};

/** @returns {string | undefined} */
export function skipOf(runtime, name) {
  return Object.entries(SKIPS[runtime] ?? {}).find(([start]) => name.startsWith(start))?.[1];
}
