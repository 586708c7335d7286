// A client stops reading while its stream is flooded.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { openStream } from '../lib/remote.mjs';
import { assertOver } from './leaving.mjs';

/** All events together are far more than sockets hold on both sides, some 10 MB. */
const [COUNT, SIZE] = [6000, 16_000];
const SOCKETS = 40_000_000;
const MAX_BUFFER = 65_536;
/** A bound for a frame: the data, and an id in front. */
const FRAME = SIZE + 100;
/** Two looks so far apart that find the same: the producer waits. */
const LOOK_MS = 250;

/** It waits, and goes on when the client does. */
export async function waits({ remote, port }, by) {
  const name = `${by}, wait`;
  const client = await flood(remote, port, { name, by, overflow: 'wait' });
  let before;
  let found = await remote.until(name, ({ sent }) => sent > 0);
  while (found.sent !== before) {
    before = found.sent;
    await sleep(LOOK_MS);
    found = await remote.report(name);
  }
  assert.ok(found.sent * SIZE < SOCKETS, `a producer that waits, found ${found.sent} of ${COUNT} events taken`);
  if (by === 'function') {
    const most = Math.max(found.most, found.counted.bufferedBytes);
    assert.ok(most < MAX_BUFFER + FRAME, `a bounded buffer, found ${most} bytes`);
  }
  assert.equal(found.settled.length, 0);

  client.resume();
  await client.until(({ received }) => received.length > (found.sent + 20) * FRAME);
  const { reason } = await leave(remote, client, name);
  const ids = [...client.received.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  ids.forEach((id, at) => assert.equal(id, at));
  assert.ok(ids.length > found.sent, 'events behind those at which the producer had waited');
  await assertOver(remote, name, by, reason);
}

async function leave(remote, client, name) {
  client.reset();
  const { settled } = await remote.until(name, (report) => report.settled.length > 0);
  assert.ok(['cancelled', 'aborted'].includes(settled[0]), `a reader that left, found ${settled[0]}`);
  return { reason: settled[0] };
}

/** It is ended, and the connection with it. */
export async function isDisconnected({ remote, port }, by) {
  const name = `${by}, disconnect`;
  const client = await flood(remote, port, { name, by, overflow: 'disconnect' });
  const found = await remote.until(name, ({ settled }) => settled.length > 0);
  if (by !== 'generator') {
    const { sent, dropped } = found.counted;
    assert.equal(sent + dropped, found.sent);
    assert.ok(dropped > 0, 'dropped events');
    assert.ok(found.most < MAX_BUFFER + FRAME, `a bounded buffer, found ${found.most} bytes`);
  }
  client.resume();
  await client.end();
  assert.ok(
    !client.received.endsWith('\r\n0\r\n\r\n'),
    'a body that breaks off, so that nobody takes it for a whole one',
  );
  await assertOver(remote, name, by, 'slow-consumer');
}

/** A client that does not read, and a stream on which there is much. */
async function flood(remote, port, { name, by, overflow }) {
  const query = { name, by, overflow, maxBuffer: MAX_BUFFER, heartbeat: 0, flood: COUNT, size: SIZE };
  const client = await openStream(port, query);
  client.pause();
  if (by === 'channel') await remote.ask('/flood', { name, size: SIZE });
  else await remote.ask('/poke', { name });
  return client;
}
