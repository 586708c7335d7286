// Clients of a channel that are cut again and again, in the midst of events, while it publishes: each ends with every event, in order
// and once. In Node; nothing but the memory of the channel.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';

import { EventsClient } from './lib/events-client.mjs';
import { Remote } from './lib/remote.mjs';
import { firstFault, numbersOf, SEED } from './lib/seed.mjs';
import { startProcess } from './places/start.mjs';

/** All of it was run with 100 clients, 50 cuts and 100,000 events. */
const CLIENTS = Number(process.env.SERVER_CLIENTS || 100);
const CUTS = Number(process.env.SERVER_CUTS || 50);
const EVENTS = Number(process.env.SERVER_EVENTS || 100_000);
const SIZE = 40;
/** More than an event has: so no client gets all before it has been cut so often. */
const LEAST = Math.floor((EVENTS * SIZE) / (CUTS + 1));
/** So many are published in one go. */
const STEP = 200;

let server;
before(async () => {
  const script = fileURLToPath(new URL('places/channel.node.mjs', import.meta.url));
  server = await startProcess([process.execPath, '--expose-gc', script, ...[EVENTS, SIZE, 1].map(String)]);
});
after(() => server?.close());

const title = `${CLIENTS} clients, each cut ${CUTS} times at random, get ${EVENTS} events once each (seed ${SEED})`;
test(title, { timeout: 500_000 }, async (t) => {
  const clients = Array.from({ length: CLIENTS }, (_, which) => ({ which, numbers: [], others: [], cuts: 0, ends: 0 }));
  const following = Promise.all(clients.map(follow));
  await Promise.race([publishAll(clients), following]);
  await following;
  for (const { which, numbers, others, cuts } of clients) {
    const where = `client ${which}, seed ${SEED}`;
    assert.equal(firstFault(numbers, EVENTS), undefined, where);
    assert.deepEqual(others, [], where);
    assert.equal(cuts, CUTS, where);
  }
  const { faults } = await new Remote(server.url).ask('/readers');
  assert.deepEqual(faults, []);
  const ends = clients.reduce((sum, client) => sum + client.ends, 0);
  t.diagnostic(`${CLIENTS * CUTS} cuts by clients, ${ends} ends by the server`);
});

/** Reads, leaves in the midst of something and comes back, until it has everything. */
async function follow(client) {
  const { which, numbers, others } = client;
  const choose = numbersOf(which);
  const onEvent = ({ type, data }) => void (type === 'message' ? numbers.push(parseInt(data, 10)) : others.push(type));
  // Who has no id yet begins with what comes, so the first stream is left once there is one.
  for (let lastEventId = ''; numbers.length < EVENTS;) {
    const cutAt = client.cuts < CUTS && lastEventId ? choose.upTo(LEAST) : Infinity;
    const cutBy = choose.oneOf(['reset', 'fin']);
    const stream = new EventsClient(server.port, `/subscribe?name=${which}`, onEvent, { lastEventId, cutAt, cutBy });
    const enough = () => numbers.length >= EVENTS || (!lastEventId && stream.lastEventId);
    await stream.until((found) => found.ended || enough());
    if (!stream.ended) stream[cutBy]();
    else if (stream.isCut) client.cuts++;
    else client.ends++;
    await stream.end();
    ({ lastEventId } = stream);
  }
}

/** Half of them always have everything, so that some are live and some come back to what they have missed. */
async function publishAll(clients) {
  const remote = new Remote(server.url);
  while ((await remote.ask('/readers')).readers.length < CLIENTS);
  for (let published = 0; published < EVENTS;) {
    await remote.ask('/publish', { count: Math.min(STEP, EVENTS - published) });
    published += STEP;
    const through = () => clients.filter(({ numbers }) => numbers.length >= Math.min(published, EVENTS)).length;
    while (through() < CLIENTS / 2) await new Promise((done) => setTimeout(done, 1));
  }
}
