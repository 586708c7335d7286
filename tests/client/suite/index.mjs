// What the client promises, for any runtime: `checks` maps a name to a function of `{ api, server, assert }`.

import { bodies } from './bodies.mjs';
import { flow } from './flow.mjs';
import { lifecycle } from './lifecycle.mjs';
import { requests } from './requests.mjs';
import { resuming } from './resuming.mjs';
import { statuses } from './statuses.mjs';
import { waiting } from './waiting.mjs';

const THEMES = { resuming, bodies, statuses, waiting, requests, lifecycle, flow };

export const checks = Object.assign({}, ...Object.values(THEMES));
