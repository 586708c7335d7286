// What the client promises, for any runtime: `checks` maps a name to a function of `{ api, server, assert }`.

import { resuming } from './resuming.mjs';

export const checks = { ...resuming };
