// Fan-out over Redis, on the real thing: clients over HTTP, cut again and again while much is published, get every event, in order, once.
//
// $REDIS_FANOUT has other numbers than the default: clients, cuts of each, events, such as '100 50 100000', which takes two to four times as
// long. $REDIS_SEED has another seed.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startRedis } from '../../scripts/lib/redis.mjs';
import { follow, startProcess } from './fanout.mjs';

const [CLIENTS, CUTS, EVENTS] = (process.env.REDIS_FANOUT ?? '100 50 20000').split(' ').map(Number);
const SEED = Number(process.env.REDIS_SEED ?? Math.floor(Math.random() * 2 ** 31));

let redis;
before(async () => (redis = await startRedis()));
after(() => redis.close());

describe(`${CLIENTS} clients, each cut ${CUTS} times, and ${EVENTS} events, seed ${SEED}`, () => {
  for (const [what, names] of [
    ['from one process', ['redis 5']],
    ['from two processes, of which each connection takes one at random', ['redis 5', 'ioredis 5']],
  ]) {
    test(what, async (t) => {
      const processes = [];
      t.after(() => Promise.all(processes.map((one) => one.close())));
      for (const name of names) processes.push(await startProcess(redis, what, name));
      const sources = names.map((_, at) => `${at}`);
      const count = EVENTS / names.length;
      const publishing = processes.map((one, at) => one.publish(count, sources[at]));
      const clients = Array.from({ length: CLIENTS }, (_, at) =>
        follow(processes, { sources, count, cuts: CUTS, seed: SEED + at }),
      );
      const attempts = await Promise.all(clients);
      await Promise.all(publishing);
      for (const found of attempts) assert.ok(found > CUTS, `${found} attempts, seed ${SEED}`);
    });
  }
});
