// A channel with readers that come, read, are cut, come back, or are slow: each gets all that it wants, in order, once, or is told.

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';

import { Channel } from 'eventsource-wasm/server';

import { Shared, storeOf } from '../../e2e/channel-stores.mjs';
import { ask } from '../../e2e/server-tools.mjs';
import { dice, SlowReader } from './tools.mjs';

const SECRET = { secret: 'a secret of more than 16 bytes' };

/** Somebody who reads, over all connections. */
class Reader {
  lastId = '';
  /** Where it was told to begin. */
  first;
  /** Events, with the number of gaps that were told before them. */
  seen = [];
  gaps = 0;
  /** It has been told that there is no more. */
  through = false;
  /** Its connection, and its frames that have been looked at. */
  read;
  #noted = 0;

  constructor({ one, likely }) {
    this.type = one([undefined, undefined, 'a', 'none']);
    this.overflow = likely(0.25) ? one(['drop-oldest', 'drop-newest', 'latest-per-key']) : undefined;
    this.maxBuffer = one([100, 3000, 65_536]);
  }

  wants(type) {
    return this.type === undefined || type === this.type;
  }

  come(channel) {
    const { overflow, maxBuffer } = this;
    const response = channel.subscribe(ask({}, `?lastEventId=${encodeURIComponent(this.lastId)}`), {
      overflow,
      maxBuffer,
      filter: this.type && (({ type }) => this.wants(type)),
      onSubscribe: (stream) => (this.stream = stream),
    });
    this.#noted = 0;
    this.through = response.status === 204;
    this.read = this.through ? undefined : new SlowReader(response);
  }

  /** Takes what has been read. */
  note() {
    const { frames } = this.read;
    for (const frame of frames.slice(this.#noted)) {
      const [id, type, data] = ['id', 'event', 'data'].map(
        (name) => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1],
      );
      if (type === 'gap') this.gaps++;
      else if (data !== undefined && type !== 'own') this.seen.push({ id, type, data, gaps: this.gaps });
      if (id === undefined) continue;
      this.lastId = id;
      if (!this.seen.length) this.first ??= id;
    }
    this.#noted = frames.length;
  }

  async leave(how = 'cancel') {
    await this.read?.[how]();
    if (this.read) this.note();
    this.read = undefined;
  }

  /** Something that a reader may do. */
  async step(channel, { likely }) {
    if (!this.read) return this.come(channel);
    this.note();
    if (this.read.done) this.read = undefined;
    else if (likely(0.04)) await this.leave();
    else if (likely(0.1)) void this.stream.send({ event: 'own', data: 'x' });
    else void this.read.ask();
  }

  /** @param published all that was, in order */
  check(published, name) {
    // One that never got so far as to be told where it begins has been promised nothing.
    if (this.first === undefined) return;
    const at = new Map(published.map(({ id }, index) => [id, index]));
    let [last, gaps] = [at.get(this.first) ?? -1, 0];
    const missed = (to) => published.slice(last + 1, to).filter(({ event }) => this.wants(event)).length;
    for (const { id, type, data, gaps: told } of this.seen) {
      const index = at.get(id);
      assert.ok(index > last, `${name}: an event behind ${last}, found ${index}`);
      assert.deepEqual([type, data], [published[index].event, published[index].data]);
      assert.ok(this.wants(type));
      if (!this.overflow && told === gaps) assert.equal(missed(index), 0, `${name}: events before ${index}`);
      [last, gaps] = [index, told];
    }
    if (!this.overflow && this.gaps === gaps) assert.equal(missed(), 0, `${name}: events at the end`);
  }
}

class Story {
  published = [];
  #publishing = [];

  constructor(decided) {
    this.dice = decided;
    const { one, likely } = decided;
    this.kind = one(['memory', 'memory', 'store', 'follow']);
    // Of one that is followed nothing may be gone before it was handed over.
    this.keep = this.kind === 'store' ? one([Infinity, 40]) : Infinity;
    const events = one([0, 5, 50, 1000]);
    this.complete = this.kind === 'memory' ? events === 1000 : this.keep === Infinity;
    const options = { follows: this.kind === 'follow', later: likely(0.5) };
    this.store = this.kind === 'memory' ? undefined : storeOf(new Shared(this.keep), options);
    const ids = likely(0.3) ? SECRET : undefined;
    this.init = { history: { events }, store: this.store, ids, heartbeat: one([false, 3]) };
    this.channel = new Channel(this.init);
    this.readers = Array.from({ length: 6 }, () => new Reader(decided));
  }

  publish(n) {
    const { below, one } = this.dice;
    const event = { event: one(['a', 'b']), data: `${n}:${'x'.repeat(one([0, 10, 2000]))}`, key: `${below(3)}` };
    this.#publishing.push(this.channel.publish(event).then((id) => this.published.push({ id, ...event })));
  }

  /** Holds back what the store hands over, or no more. */
  hold(held) {
    this.store.held = held;
    if (!held) this.store.wake?.();
  }

  async restore() {
    await Promise.all(this.#publishing);
    for (const reader of this.readers) await reader.leave();
    this.channel = Channel.restore(structuredClone(this.channel.snapshot()), this.init);
  }

  async step(n) {
    const { below, one, likely } = this.dice;
    const what = below(20);
    if (what < 5) this.publish(n);
    else if (what === 5) for (let more = 0; more < 30; more++) this.publish(n + more / 100);
    else if (what < 15) await one(this.readers).step(this.channel, this.dice);
    else if (what < 18) await turn();
    else if (what === 18 && this.store && this.keep === Infinity) this.hold(!this.store.held);
    else if (!this.store && likely(0.05)) await this.restore();
  }

  async end() {
    if (this.store) this.hold(false);
    await Promise.all(this.#publishing);
    if (this.dice.likely(0.3)) {
      const drained = this.channel.drain();
      for (const reader of this.readers) await reader.leave('end');
      await drained;
    }
    this.channel.close();
    for (const reader of this.readers) {
      for (let tries = 0; !reader.through; tries++) {
        // One with little room is cut again and again while a store is followed; each time it has come further.
        assert.ok(tries < 200, 'a reader to be told that there is no more');
        if (!reader.read) reader.come(this.channel);
        await reader.leave('end');
      }
    }
    await turn();
    assert.equal(this.channel.size, 0);
  }

  check() {
    const number = ({ id }) => Number(/-(\d+)/.exec(id)[1]);
    this.published.sort((a, b) => number(a) - number(b));
    for (const [n, reader] of this.readers.entries()) {
      if (this.complete) assert.equal(reader.gaps, 0, 'gaps where everything is kept');
      reader.check(this.published, `reader ${n}`);
    }
  }
}

export async function channelStory(seed) {
  const story = new Story(dice(seed));
  for (let n = 1; n <= 300; n++) await story.step(n);
  await story.end();
  story.check();
}
