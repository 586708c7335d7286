// What the pages run, bundled into one script.

import { readHostile } from './hostile/page.mjs';
import { follow } from './lib/follow.mjs';

globalThis.interop = {
  readHostile: (browser) => readHostile(browser),
  follow: (url, types) => follow(EventSource, url, types),
};
