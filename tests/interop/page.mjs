// What the pages run, bundled into one script.

import { readHostile } from './hostile/page.mjs';

globalThis.interop = { readHostile };
