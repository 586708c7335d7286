// Channels whose events are kept elsewhere: in this process, or shared with others.

import { rejection, same, settle, until, yes } from './check.mjs';
import { idsOf, reader } from './channel-tools.mjs';
import { ask } from './server-tools.mjs';

/** What several processes may share: a list of entries, of which the newest are kept. */
export class Shared {
  entries = [];
  /** The position of the newest that is not kept any more. */
  trimmed = 0;
  number = 0;
  followers = new Set();

  constructor(keep = Infinity) {
    this.keep = keep;
  }

  append(event) {
    const position = `5-${++this.number}`;
    this.entries.push({ position, event });
    if (this.entries.length > this.keep) this.trimmed = Number(this.entries.shift().position.slice(2));
    for (const wake of this.followers) wake();
    return position;
  }

  read(after, limit) {
    const number = after === undefined ? -1 : Number(after.slice(2));
    const known = after === undefined || after.startsWith('5-');
    const entries = known ? this.entries.filter(({ position }) => Number(position.slice(2)) > number) : this.entries;
    return { entries: entries.slice(0, limit), gap: !known || number < this.trimmed };
  }

  head() {
    return `5-${this.number}`;
  }
}

/** One process’s way to it; while `held` is set it is not told what was appended, until `wake` is called. */
export function storeOf(shared, { follows = false, later = false } = {}) {
  const slow = async (value) => {
    await settle(1);
    return value;
  };
  const wrap = (value) => (later ? slow(value) : value);
  const store = {
    held: false,
    following: 0,
    append: (event) => wrap(shared.append(event)),
    read: (after, limit) => wrap(shared.read(after, limit)),
    head: () => wrap(shared.head()),
  };
  if (!follows) return store;
  store.follow = async (after, deliver, signal) => {
    store.following++;
    let from = after;
    const wake = () => {
      const { entries } = store.held ? { entries: [] } : shared.read(from, 7);
      if (!entries.length || signal.aborted) return;
      from = entries.at(-1).position;
      deliver(entries);
      wake();
    };
    shared.followers.add(wake);
    wake();
    store.wake = wake;
    await new Promise((done) => signal.addEventListener('abort', done));
    shared.followers.delete(wake);
    store.following--;
  };
  return store;
}

export const channelStoreChecks = {
  'a store keeps what the memory does not, page by page': async ({ Channel }) => {
    for (const later of [false, true]) {
      const shared = new Shared();
      const before = new Channel({ store: storeOf(shared, { later }) });
      const ids = [];
      for (let n = 0; n < 700; n++) ids.push(await before.publish({ event: 'e', data: { n } }));
      // Another process: nothing is in its memory.
      const channel = new Channel({ store: storeOf(shared, { later }), history: { events: 3 } });
      for (const at of [0, 100, 443, 444, 698, 699]) {
        const read = reader(channel, {}, ask({}, `?lastEventId=${ids[at]}`));
        ids.push(await channel.publish('more'));
        same(await read.until(ids.length - 1 - at), ids.slice(at + 1), `from ${at}`);
        yes(!read.text.includes('gap'), 'no gap');
        await read.cancel();
      }
      const filtered = reader(channel, { filter: ({ type }) => type === 'message' }, ask({}, `?lastEventId=${ids[0]}`));
      same(await filtered.until(6), ids.slice(700));
      await filtered.cancel();
    }
  },

  'a store that does not reach back so far: a gap, and all that it has': async ({ Channel }) => {
    const shared = new Shared(300);
    const channel = new Channel({ store: storeOf(shared, { later: true }), history: { events: 3 } });
    const ids = [];
    for (let n = 0; n < 500; n++) ids.push(await channel.publish(`${n}`));
    for (const asked of [ids[0], ids[198], 'unknown', '4-7', '9-9']) {
      const read = reader(channel, {}, ask({}, `?lastEventId=${asked}`));
      same(await read.until(300), ids.slice(200), asked);
      same(read.text.split('event: gap').length, 2, `gaps for ${asked}`);
      yes(read.text.indexOf('event: gap') < read.text.indexOf('id: '), 'the gap first');
      await read.cancel();
    }
    const read = reader(channel, {}, ask({}, `?lastEventId=${ids[199]}`));
    same(await read.until(300), ids.slice(200));
    yes(!read.text.includes('gap'), 'no gap');
    await read.cancel();
  },

  'events that are shared go to the readers of every process, in one order': async ({ Channel }) => {
    const shared = new Shared();
    const stores = [1, 2].map(() => storeOf(shared, { follows: true, later: true }));
    const channels = stores.map((store) => new Channel({ store, history: { events: 20 } }));
    const readers = channels.map((channel) => reader(channel));
    await Promise.all(readers.map((read) => read.first()));
    const ids = await Promise.all(Array.from({ length: 200 }, (_, n) => channels[n % 2].publish(`${n}`)));
    ids.sort((a, b) => a.slice(2) - b.slice(2));
    for (const read of readers) same(await read.until(200), ids);
    // One that was here comes back there, from anywhere.
    for (const at of [0, 50, 170, 199]) {
      const read = reader(channels[at % 2], {}, ask({}, `?lastEventId=${ids[at]}`));
      same(await read.until(199 - at), ids.slice(at + 1));
      await read.cancel();
    }
    same(
      stores.map(({ following }) => following),
      [1, 1],
    );
    await Promise.all(readers.map((read) => read.cancel()));
    await until(() => stores.every(({ following }) => following === 0));
    // And with the first one who comes it is followed again.
    const id = await channels[0].publish('while nobody read');
    const again = reader(channels[1], {}, ask({}, `?lastEventId=${ids[199]}`));
    same(await again.until(1), [id]);
    const next = await channels[0].publish('later');
    same(await again.until(2), [id, next]);
    same(
      stores.map(({ following }) => following),
      [0, 1],
    );
    await again.cancel();
  },

  'a reader that was further ahead in another process gets nothing twice': async ({ Channel }) => {
    const shared = new Shared();
    const store = storeOf(shared, { follows: true });
    const channel = new Channel({ store });
    const other = reader(channel);
    await other.first();
    for (let n = 1; n <= 5; n++) shared.append({ data: `${n}` });
    await other.until(5);
    store.held = true;
    for (let n = 6; n <= 10; n++) shared.append({ data: `${n}` });
    const ahead = reader(channel, {}, ask({}, '?lastEventId=5-8'));
    const behind = reader(channel, {}, ask({}, '?lastEventId=5-4'));
    await settle(10);
    same(other.ids.length, 5);
    store.held = false;
    store.wake();
    shared.append({ data: '11' });
    same(await ahead.until(3), ['5-9', '5-10', '5-11']);
    same(
      await behind.until(7),
      [5, 6, 7, 8, 9, 10, 11].map((n) => `5-${n}`),
    );
    same(
      await other.until(11),
      Array.from({ length: 11 }, (_, n) => `5-${n + 1}`),
    );
    await Promise.all([ahead, behind, other].map((read) => read.cancel()));
  },

  'a store that fails: publish rejects, readers that need it are cut, and the channel goes on': async ({ Channel }) => {
    const shared = new Shared();
    const store = storeOf(shared);
    const channel = new Channel({ store, history: { events: 2 } });
    const live = reader(channel);
    await live.first();
    const ids = [];
    for (let n = 0; n < 5; n++) ids.push(await channel.publish(`${n}`));
    const { append, read } = store;
    store.append = () => Promise.reject(new Error('disk full'));
    store.read = () => Promise.reject(new Error('unreadable'));
    same((await rejection(channel.publish('x'))).message, 'disk full');
    let reason;
    const onSubscribe = (stream) => void stream.closed.then((found) => (reason = found));
    const back = reader(channel, { onSubscribe }, ask({}, `?lastEventId=${ids[0]}`));
    await back.end();
    yes(back.failure instanceof Error && !/unreadable/.test(back.failure.message), 'a body that breaks off');
    same([reason.code, reason.cause.message], ['failed', 'unreadable']);
    Object.assign(store, { append, read });
    ids.push(await channel.publish('y'));
    same(await live.until(6), ids);
    await live.cancel();

    const broken = new Channel({ store: { ...store, head: () => Promise.reject(new Error('gone')) } });
    const none = reader(broken);
    await none.end();
    same(none.ids, []);
    same((await rejection(broken.publish('x'))).message, 'gone');
  },

  'following that fails cuts the readers, which come back and lose nothing': async ({ Channel }) => {
    const shared = new Shared();
    const store = storeOf(shared, { follows: true });
    const { follow } = store;
    let fail;
    store.follow = (after, deliver, signal) =>
      Promise.race([follow(after, deliver, signal), new Promise((_, reject) => (fail = reject))]);
    const channel = new Channel({ store });
    const read = reader(channel);
    await read.first();
    const first = await channel.publish('1');
    await read.until(1);
    fail(new Error('connection lost'));
    await read.end();
    yes(read.failure instanceof Error, 'a body that breaks off');
    const second = await channel.publish('2');
    const back = reader(channel, {}, ask({}, `?lastEventId=${first}`));
    same(await back.until(1), [second]);
    const third = await channel.publish('3');
    same(await back.until(2), [second, third]);
    await back.cancel();
  },

  'ids of a store are signed, too': async ({ Channel }) => {
    const shared = new Shared();
    const init = { store: storeOf(shared, { follows: true }), ids: { secret: 'a secret of more than 16 bytes' } };
    const channel = new Channel(init);
    const read = reader(channel);
    const first = await read.first();
    const ids = [await channel.publish('a'), await channel.publish('b')];
    for (const id of [first, ...ids]) yes(/^5-\d\.[\w-]{22}$/.test(id), `a signed id, found ${id}`);
    same(await read.until(2), ids);
    const back = reader(channel, {}, ask({}, `?lastEventId=${ids[0]}`));
    same(await back.until(1), ids.slice(1));
    const forged = reader(channel, {}, ask({}, '?lastEventId=5-1'));
    same(await forged.until(2), ids);
    yes(forged.text.includes('event: gap'), 'a gap');
    await Promise.all([read, back, forged].map((one) => one.cancel()));
  },

  'what somebody else has put into a store, and cannot be sent, is left out and told': async ({ Channel }) => {
    const shared = new Shared();
    const channel = new Channel({ store: storeOf(shared, { follows: true }) });
    const read = reader(channel);
    await read.first();
    const { error } = console;
    const logged = [];
    console.error = (...values) => logged.push(values.join(' '));
    try {
      shared.append({ event: 'a\nb', data: 'x' });
      shared.append({ event: 'c', data: 'y' });
      same(await read.until(1), ['5-2']);
    } finally {
      console.error = error;
    }
    same(logged.length, 1);
    yes(/^eventsource-wasm: expected .+, found .+invalid|event without CR or LF/.test(logged[0]), logged[0]);
    const back = reader(channel, {}, ask({}, '?lastEventId=5-0'));
    same(idsOf((await back.until(1), back.text)), ['5-2']);
    await Promise.all([read.cancel(), back.cancel()]);
  },
};
