// What a runtime cannot do, and why: such a check is counted as skipped, and its reason is shown.

import { deafChecks } from './reconnecting.mjs';
import { resuming } from './resuming.mjs';

const FACE = /^(EventSource|connect): /;

const streamBodies = (reason) => ({
  'a body that is a stream is sent once': reason,
  'a function makes a new stream for each attempt': reason,
});

const resent = (name) => ({
  'a POST that is reset on a kept socket is sent again only by the policy': `${name} itself sends a request again whose kept socket is reset before a response, whatever its method`,
});

const CHROMIUM = {
  ...streamBodies('Chromium sends a body that is a stream over HTTP/2 only'),
  ...resent('Chromium'),
};

/** By runtime: the name of a check, with a face in front or without, and the reason. */
const SKIPS = {
  node: {},
  node24: {},
  chromium: CHROMIUM,
  'chromium-worker': {
    ...CHROMIUM,
    ...Object.fromEntries(
      Object.keys(resuming).map((name) => [name, 'a worker has the network code of the page, in which this runs']),
    ),
  },
  firefox: {
    ...streamBodies('Firefox cannot send a stream as a body'),
    ...resent('Firefox'),
    'a GET that is reset before the response is sent again by the policy':
      'Firefox itself sends a request up to ten times whose connection is reset before a response',
    '20 events of a stream of 200 MB, and the server is held up':
      'Firefox reads a body into its memory whether or not anybody takes it',
    'idleTimeout: silence behind the headers': 'Firefox gives a response only when the first byte of its body is there',
    ...Object.fromEntries(
      deafChecks.map((name) => [
        name,
        'Firefox closes the socket of a body that was cancelled only when more of it comes',
      ]),
    ),
  },
  workerd: {
    'redirect: error makes a redirect an error': 'workerd’s Request refuses redirect: error with a TypeError',
  },
  deno: { ...resent('Deno') },
  bun: {},
};

/** @returns {string | undefined} the reason */
export function skipOf(runtime, name) {
  const skips = SKIPS[runtime];
  return skips[name] ?? skips[name.replace(FACE, '')];
}

/** What is to be skipped and is no check: a name that has changed must not let a skip go unseen. */
export function strayed(names) {
  const known = new Set(names.flatMap((name) => [name, name.replace(FACE, '')]));
  return Object.values(SKIPS).flatMap((skips) => Object.keys(skips).filter((name) => !known.has(name)));
}
