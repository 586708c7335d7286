// The client in a browser page; it asks the server that it came from what to do.

import { listener, OURS, PEERS } from './contestants.mjs';
import { check, tidy, turn, watch } from './turn.mjs';

const contestants = { native: listener(globalThis.EventSource), ...PEERS, ...OURS };

/**
 * What to add to this page's clock to have the server's, in milliseconds. Both know how their clock stands to the time of day,
 * to some microseconds; asking for the time over and over again tells between what bounds the difference must lie.
 */
async function compareClocks() {
  let [least, most, fromDay] = [-Infinity, Infinity, 0];
  for (let n = 0; n < 200; n++) {
    const asked = performance.now();
    const response = await fetch('/clock');
    const told = performance.now();
    const [theirs, day] = (await response.text()).split(' ').map(Number);
    least = Math.max(least, theirs - told);
    most = Math.min(most, theirs - asked);
    fromDay = day;
  }
  const offset = performance.timeOrigin + fromDay;
  const sound = offset >= least && offset <= most;
  return { sound, offset: sound ? offset : (least + most) / 2, doubt: (most - least) / 2 };
}

/** The server's clock, once it is known. */
let clock;

const methods = {
  contestants: () => Object.entries(contestants).map(([name, { face, ours }]) => ({ name, face, ours })),
  compareClocks: async () => {
    const compared = await compareClocks();
    clock = () => performance.now() + compared.offset;
    return compared;
  },
  check: (name, url, count) => check(contestants[name], url, count),
  turn: (name, url, wanted) => turn(contestants[name], url, wanted),
  watch: async (name, url, count) => ({ delays: await watch(contestants[name], url, count, clock) }),
  tidy,
};

for (;;) {
  const { method, args } = await (await fetch('/task')).json();
  let answer;
  try {
    answer = { result: (await methods[method](...args)) ?? null };
  } catch (error) {
    answer = { error: error.stack };
  }
  await fetch('/answer', { method: 'POST', body: JSON.stringify(answer) });
}
