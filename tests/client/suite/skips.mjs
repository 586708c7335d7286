// What a runtime cannot do, and why: such a check is counted as skipped, and its reason is shown.

/** By runtime: the name of a check, with a face in front or without, and the reason. */
const SKIPS = {
  node: {},
  chromium: {},
  firefox: {},
  workerd: {
    'redirect: error makes a redirect an error': 'workerd’s Request refuses redirect: error with a TypeError',
  },
  deno: {
    'a POST that is reset on a kept socket is sent again only by the policy':
      'Deno’s own fetch sends a request again whose kept socket was reset before a response, whatever its method',
  },
  bun: {},
};

/** @returns {string | undefined} the reason */
export function skipOf(runtime, name) {
  const skips = SKIPS[runtime];
  return skips[name] ?? skips[name.replace(/^\w+: /, '')];
}
