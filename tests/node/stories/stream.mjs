// A stream whose producer and reader do anything: what is read is what was sent and not dropped, in order, and the counts add up.

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';

import { eventStream } from 'eventsource-wasm/server';

import { ask, START } from '../../e2e/server-tools.mjs';
import { dice, SlowReader } from './tools.mjs';

const POLICIES = ['wait', 'drop-oldest', 'drop-newest', 'latest-per-key', 'disconnect'];

class Sender {
  /** The frames of what was sent while the stream was open. */
  frames = [];
  events = 0;
  largest = START.length;
  /** What was waited for, and how much of it has settled. */
  waiting = [];
  settled = 0;
  #dice;

  constructor(stream, dice) {
    this.stream = stream;
    this.#dice = dice;
  }

  send(n) {
    const { below, one, likely } = this.#dice;
    const data = `${n}:${'x'.repeat(one([0, 3, 30, 300]))}`;
    const key = `${below(4)}`;
    let ended = this.stream.signal.aborted;
    const nests = likely(0.05);
    // Sends another one first, which may be the one too many.
    const toJSON = () => (this.send(n + 0.5), (ended = this.stream.signal.aborted), data);
    const kind = one(['data', 'full', 'comment']);
    const lines = {
      data: `data: ${nests ? JSON.stringify(data) : data}\n\n`,
      full: `event: e\nid: ${n}\ndata: ${data}\n\n`,
      comment: `: ${data}\n\n`,
    };
    const events = {
      data: { data: nests ? { toJSON } : data, key },
      full: { id: n, event: 'e', data, key },
      comment: { comment: data, key },
    };
    const count = () => this.settled++;
    this.waiting.push(this.stream.send(events[kind]).then(count, count));
    if (ended) return;
    this.frames.push(lines[kind]);
    this.events += kind === 'comment' ? 0 : 1;
    this.largest = Math.max(this.largest, lines[kind].length);
  }
}

export async function streamStory(seed) {
  const decided = dice(seed);
  const { below, one } = decided;
  const overflow = one(POLICIES);
  const maxBuffer = one([0, 1, 50, 200, 5000]);
  const abort = new AbortController();
  let stream;
  const init = { overflow, maxBuffer, heartbeat: false };
  const read = new SlowReader(eventStream(ask({ signal: abort.signal }), (made) => void (stream = made), init));
  const sender = new Sender(stream, decided);
  for (let n = 1; n <= 60; n++) {
    const what = below(20);
    if (what < 9) sender.send(n);
    else if (what < 13) void read.ask();
    else if (what < 15) stream.flush();
    else if (what < 18) await turn();
    else await undefined;
    if (overflow !== 'wait') assert.ok(stream.bufferedBytes <= maxBuffer + sender.largest, 'a bounded buffer');
  }
  const end = one(['close', 'close', 'cancel', 'abort']);
  if (end === 'close') stream.close();
  else if (end === 'cancel') await read.cancel();
  else abort.abort();
  const { code } = await stream.closed;
  await read.end();
  await Promise.all(sender.waiting);
  assert.equal(sender.settled, sender.waiting.length);
  check(sender, read.frames, overflow, code);
}

function check({ stream, frames, events }, read, overflow, code) {
  assert.equal(stream.bufferedBytes, 0);
  assert.equal(stream.sent + stream.dropped, events, 'events sent and dropped');
  const found = read.filter((frame) => frame !== START);
  let at = -1;
  for (const frame of found) {
    const next = frames.indexOf(frame, at + 1);
    assert.ok(next > at, `expected a frame behind ${at}, found ${JSON.stringify(frame)}`);
    at = next;
  }
  const foundEvents = found.filter((frame) => frame.includes('data: ')).length;
  if (code === 'closed') {
    assert.equal(stream.sent, foundEvents);
    if (overflow === 'wait') assert.deepEqual(found, frames);
    if (overflow === 'drop-oldest' || overflow === 'latest-per-key') assert.equal(found.at(-1), frames.at(-1));
  } else {
    assert.ok(stream.sent >= foundEvents);
    if (overflow === 'wait' || overflow === 'disconnect') assert.deepEqual(found, frames.slice(0, found.length));
  }
}
