// What the pages run, bundled into one script.

import { readHostile } from './hostile/page.mjs';
import { fetchEvents } from './lib/fetch-events.mjs';
import { follow } from './lib/follow.mjs';

globalThis.interop = {
  readHostile,
  fetchEvents,
  follow: (url, types) => follow(EventSource, url, types),
};
