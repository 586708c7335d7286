// What the client promises, for any runtime: `checks` maps a name to a function of `{ api, server, assert }`.

import { bodies } from './bodies.mjs';
import { dispatch } from './dispatch.mjs';
import { flow } from './flow.mjs';
import { iteration } from './iteration.mjs';
import { lifecycle } from './lifecycle.mjs';
import { policy } from './policy.mjs';
import { reconnecting } from './reconnecting.mjs';
import { requests } from './requests.mjs';
import { resuming } from './resuming.mjs';
import { statuses } from './statuses.mjs';
import { timeouts } from './timeouts.mjs';
import { waiting } from './waiting.mjs';

/** A further theme is a file with its own object of checks, and a word here. */
const THEMES = {
  resuming,
  flow,
  bodies,
  statuses,
  waiting,
  requests,
  dispatch,
  lifecycle,
  policy,
  timeouts,
  reconnecting,
  iteration,
};

export const checks = Object.assign({}, ...Object.values(THEMES));

/** Checks that keep a processor busy, and so run by themselves; the others mostly wait. */
export const busy = new Set([resuming, flow].flatMap(Object.keys));
