// Channels whose store is slow, is trimmed, fails or is followed late: nothing is lost or repeated, and a gap is told.

import { same, settle, until, yes } from './check.mjs';
import { Shared, storeOf } from './channel-stores.mjs';
import { FIRST, idsOf, reader } from './channel-tools.mjs';
import { ask, chunksOf, text } from './server-tools.mjs';

const from = (id = '') => ask({}, `?lastEventId=${id}`);
const gaps = (text) => text.split('event: gap').length - 1;

/** As a reader behind a socket does: it reads what has come once others have had their turn. */
const nextTurn = () => new Promise((resolve) => (globalThis.setImmediate ?? setTimeout)(resolve));

/** Holds the calls of a method back; `open` lets those go that wait, and all that come. */
function gate(store, name) {
  const method = store[name];
  const waiting = [];
  const held = { calls: 0, open: () => void waiting.splice(0).forEach((go) => go(), (store[name] = method)) };
  store[name] = (...values) => {
    held.calls++;
    return new Promise((resolve) => waiting.push(() => resolve(method(...values))));
  };
  return held;
}

/** A reader that takes a chunk when it is asked to. */
function slow(channel, id) {
  const chunks = chunksOf(channel.subscribe(from(id)));
  const read = { text: '', ids: [], cancel: () => chunks.cancel() };
  read.until = async (done, pause = () => undefined) => {
    while (!done(read)) {
      await pause();
      const chunk = await chunks.next();
      yes(chunk !== undefined, `more than ${JSON.stringify(read.text.slice(-200))}`);
      read.text += chunk;
      read.ids = idsOf(read.text);
    }
  };
  return read;
}

export const channelFollowedChecks = {
  'what is sent while a page of the store is on its way': async ({ Channel }) => {
    const shared = new Shared();
    for (let n = 1; n <= 300; n++) shared.append({ data: `${n}` });
    const store = storeOf(shared);
    const held = gate(store, 'read');
    const channel = new Channel({ store });
    let stream;
    const read = reader(channel, { onSubscribe: (found) => (stream = found) }, from('5-0'));
    await until(() => held.calls);
    for (const text of ['one', 'two']) {
      await stream.comment(text);
      await until(() => read.text.includes(`: ${text}\n`));
    }
    same(held.calls, 1, 'reads');
    held.open();
    same(
      await read.until(300),
      Array.from({ length: 300 }, (_, n) => `5-${n + 1}`),
    );
    await read.cancel();
  },

  'a reader that is slower than the memory is long goes on with the store': async ({ Channel }) => {
    const shared = new Shared();
    const channel = new Channel({ store: storeOf(shared), history: { events: 100 } });
    const publish = async (count) => {
      for (let n = 0; n < count; n++) await channel.publish('x'.repeat(2000));
    };
    await publish(100);
    const read = slow(channel, '5-0');
    await read.until(({ ids }) => ids.length);
    yes(read.ids.length < 50, 'a piece of what it has missed');
    await publish(400);
    await read.until(({ ids }) => ids.length === 500);
    same(
      read.ids,
      Array.from({ length: 500 }, (_, n) => `5-${n + 1}`),
    );
    same(gaps(read.text), 0, 'gaps');
    await read.cancel();
  },

  'a reader that is slower than the store is trimmed is told each time': async ({ Channel }) => {
    const shared = new Shared(600);
    const channel = new Channel({ store: storeOf(shared), history: { events: 0 } });
    const publish = async (count) => {
      for (let n = 0; n < count; n++) await channel.publish('x');
    };
    await publish(1000);
    const read = slow(channel, '5-1');
    await read.until(({ ids }) => ids.length);
    await publish(1000);
    await read.until(({ ids }) => ids.at(-1) === '5-2000');
    // Up to two pages of what there was at first: one that it took, one that was on its way.
    const first = read.ids.filter((id) => Number(id.slice(2)) <= 1000);
    yes(first[0] === '5-401' && first.length <= 512, 'the oldest that was kept at first');
    same(
      read.ids,
      [...first.keys()].map((n) => `5-${401 + n}`).concat(Array.from({ length: 600 }, (_, n) => `5-${1401 + n}`)),
    );
    same(gaps(read.text), 2, 'gaps');
    await read.cancel();
  },

  'an event of others that cannot be sent does not stop those behind it in the store': async ({ Channel }) => {
    const shared = new Shared();
    for (const event of ['a', 'b\nc', 'd']) shared.append({ event, data: 'x' });
    shared.append({ retry: NaN, data: 'x' });
    const { error } = console;
    const logged = [];
    console.error = (...values) => logged.push(values.join(' '));
    try {
      const read = reader(new Channel({ store: storeOf(shared) }), {}, from('5-0'));
      same(await read.until(2), ['5-1', '5-3']);
      await read.cancel();
    } finally {
      console.error = error;
    }
    same(logged.length, 2, 'messages');
  },

  'following ends when its readers have left before it began': async ({ Channel }) => {
    const shared = new Shared();
    const store = storeOf(shared, { follows: true });
    const held = gate(store, 'head');
    const channel = new Channel({ store });
    const first = reader(channel);
    await until(() => held.calls);
    await first.cancel();
    await until(() => channel.size === 0);
    held.open();
    await settle();
    same(store.following, 0);
    const id = await channel.publish('1');
    const second = reader(channel, {}, from('5-0'));
    same(await second.until(1), [id]);
    same(store.following, 1);
    await second.cancel();
    await until(() => store.following === 0);
  },

  'a reader that comes at the moment in which following fails is served': async ({ Channel }) => {
    const shared = new Shared();
    const store = storeOf(shared, { follows: true });
    const { follow } = store;
    let lost;
    store.follow = async (after, deliver, signal) => {
      const lasting = (lost = new AbortController());
      signal.addEventListener('abort', () => lasting.abort());
      await follow(after, deliver, lasting.signal);
      if (!signal.aborted) throw new Error('connection lost');
    };
    const channel = new Channel({ store });
    let second;
    const onSubscribe = ({ signal }) => signal.addEventListener('abort', () => (second = reader(channel)));
    const first = reader(channel, { onSubscribe });
    await first.first();
    lost.abort();
    await first.end();
    await second.first();
    same(await second.until(await channel.publish('1').then(() => 1)), ['5-1']);
    await second.cancel();
    await until(() => channel.size === 0);
  },

  'what is handed over in one go does not cut a reader that keeps up': async ({ Channel }) => {
    const shared = new Shared();
    const store = storeOf(shared, { follows: true });
    const channel = new Channel({ store });
    const read = slow(channel);
    await read.until(({ text }) => FIRST.test(text));
    store.held = true;
    for (let n = 0; n < 500; n++) shared.append({ data: 'x'.repeat(2000) });
    store.held = false;
    store.wake();
    await read.until(({ ids }) => ids.length === 500, nextTurn);
    await read.cancel();
  },

  'a heartbeat does not set a reader back that is ahead': async ({ Channel }) => {
    const shared = new Shared();
    const store = storeOf(shared, { follows: true });
    const channel = new Channel({ store, heartbeat: 20 });
    const other = reader(channel);
    await other.first();
    store.held = true;
    for (let n = 1; n <= 3; n++) shared.append({ data: `${n}` });
    const ahead = reader(channel, { filter: () => true }, from('5-2'));
    await ahead.until(1);
    const { length } = ahead.text;
    await until(() => ahead.text.length > length);
    same(ahead.text.slice(length, length + 4), ': \n\n', 'heartbeat');
    await Promise.all([ahead.cancel(), other.cancel()]);
  },

  'close() waits for what was published and has not been followed': async ({ Channel }) => {
    const shared = new Shared();
    const store = storeOf(shared, { follows: true, later: true });
    const channel = new Channel({ store });
    const read = reader(channel);
    await read.first();
    await channel.publish('1');
    await read.until(1);
    store.held = true;
    // As another process does, and one that cannot be sent at the end.
    shared.append({ data: '2' });
    void channel.publish('3');
    channel.close();
    const soon = channel.subscribe(from('5-1'));
    same(soon.status, 200);
    yes(!read.ended, 'to go on');
    const { error } = console;
    console.error = () => undefined;
    shared.append({ event: 'a\nb' });
    store.held = false;
    store.wake();
    await read.end();
    same(
      read.ids,
      [1, 2, 3].map((n) => `5-${n}`),
    );
    same(read.failure, undefined);
    same(idsOf(await text(soon)), ['5-2', '5-3']);
    same(channel.subscribe(from('5-3')).status, 204);
    const back = reader(channel, {}, from('5-1'));
    await back.end();
    same(back.ids, ['5-2', '5-3']);
    console.error = error;
  },

  'a closed channel that nobody read asks its store before it says that there is no more': async ({ Channel }) => {
    const shared = new Shared();
    const channel = new Channel({ store: storeOf(shared, { follows: true }) });
    const read = reader(channel);
    const first = await read.first();
    await read.cancel();
    await until(() => channel.size === 0);
    shared.append({ data: '1' });
    channel.close();
    const back = reader(channel, {}, from(first));
    await back.end();
    same(back.ids, ['5-1']);
    same(channel.subscribe(from('5-1')).status, 204);
  },

  'a reader whose filter leaves the last events out is told once that there is no more': async ({ Channel }) => {
    for (const store of [undefined, storeOf(new Shared()), storeOf(new Shared(), { follows: true })]) {
      const channel = new Channel({ store });
      const read = reader(channel, { filter: ({ type }) => type === 'message' });
      await read.first();
      const ids = [];
      for (const event of ['message', 'other']) ids.push(await channel.publish({ event, data: 'x' }));
      channel.close();
      await read.end();
      same(read.ids, ids.slice(0, 1));
      yes(read.text.endsWith(`id: ${ids[1]}\n\n`), 'the id of the last event');
      same(channel.subscribe(from(ids[1])).status, 204);
    }
  },
};
