// The client in Node, a process of its own.

import { answer } from './child.mjs';
import { NODE_PEERS } from './contestants-node.mjs';
import { OURS, PEERS } from './contestants.mjs';
import { check, tidy, turn, watch } from './turn.mjs';

const contestants = { ...OURS, ...PEERS, ...NODE_PEERS };

const clock = () => Number(process.hrtime.bigint()) / 1e6;

/** What `work` answers, and its CPU time, that of the collector's and the compiler's threads included. */
async function timed(work) {
  tidy();
  const before = process.cpuUsage();
  const found = await work();
  const { user, system } = process.cpuUsage(before);
  return { ...found, cpu: (user + system) / 1000 };
}

answer({
  contestants: () => Object.entries(contestants).map(([name, { face, ours }]) => ({ name, face, ours })),
  check: (name, url, count) => check(contestants[name], url, count),
  turn: (name, url, wanted) => timed(() => turn(contestants[name], url, wanted)),
  watch: (name, url, count) => timed(async () => ({ delays: await watch(contestants[name], url, count, clock) })),
});
