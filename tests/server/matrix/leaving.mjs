// A client leaves a stream on which nothing is sent, or before there is one.

import assert from 'node:assert/strict';

import { openStream } from '../lib/remote.mjs';
import { EXPECTED, WAYS } from './expected.mjs';

/** So many times a stream that is to be open is looked at. */
const LOOKS = 20;

/** A heartbeat that does not come while a check runs: then nothing is written unless the check says so. */
const NEVER = 3_600_000;

/** @param heartbeat in milliseconds */
export async function leaves({ remote, port, place }, by, way, heartbeat = NEVER) {
  const { client: leave, hold } = WAYS[way];
  const { notices, reason } = EXPECTED[place][way];
  const name = `${by}, ${way}, ${heartbeat}`;
  const client = await openStream(port, { name, by, heartbeat, ...(hold && { hold: '1' }) });
  await remote.until(name, (report) => report.name);
  client[leave]();
  if (hold) {
    await client.end();
    await remote.ask('/release', { name });
    await remote.until(name, ({ answered }) => answered);
  }
  if (notices === 'not') return staysOpen(remote, client, name, leave);
  if (notices === 'by a write' && heartbeat === NEVER) {
    await looksOpen(remote, name);
    // The first one may still be taken, and is then answered by RST.
    while ((await remote.report(name)).timers) await remote.ask('/poke', { name });
  }
  const told = await remote.until(name, ({ timers }) => timers === 0);
  if (by !== 'generator') assert.deepEqual(told.closed, [reason]);
  await assertOver(remote, name, by, reason);
  client.reset();
}

/** A handler aborts a request that it has made itself of the one that it got. */
export async function isAborted({ remote, port }, by) {
  const name = `${by}, aborted`;
  const client = await openStream(port, { name, by, heartbeat: NEVER, own: '1' });
  await remote.ask('/release', { name });
  await remote.until(name, ({ timers }) => timers === 0);
  await client.end();
  await assertOver(remote, name, by, 'aborted');
}

/** What is there once nobody reads; now, and after more has happened that must not change it. */
export async function assertOver(remote, name, by, reason) {
  for (let round = 0; round < 2; round++) {
    // A generator that waits for its next event cannot be told; it is ended once that has come.
    await remote.ask('/poke', { name });
    const found = await remote.until(name, ({ settled }) => settled.length > 0);
    const { closed, aborts, aborted, settled, timers, size, started, through, counted } = found;
    assert.deepEqual({ settled, timers, size }, { settled: [reason], timers: 0, size: 0 });
    // One that was never asked for an event has nothing to end.
    assert.equal(through, started);
    if (by === 'generator') continue;
    assert.deepEqual({ closed, aborts, aborted }, { closed: [reason], aborts: 1, aborted: true });
    assert.equal(counted.bufferedBytes, 0);
  }
}

async function looksOpen(remote, name) {
  for (let look = 0; look < LOOKS; look++) {
    const { closed, timers } = await remote.report(name);
    assert.deepEqual(closed, []);
    // Of the heartbeat and of the deadline.
    assert.equal(timers, 2);
  }
}

/** The runtime does not tell, and so nobody knows. */
async function staysOpen(remote, client, name, leave) {
  await remote.ask('/poke', { name });
  if (leave === 'half') await client.until(({ received }) => received.includes('data: poke 1\n'));
  await looksOpen(remote, name);
  client.reset();
}
