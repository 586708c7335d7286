// The history of a channel as a Redis Stream: what the store promises, by each client, on a real server.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { redisStore } from 'eventsource-wasm/redis';

import { startRedis } from '../../scripts/lib/redis.mjs';
import { CLIENTS } from './clients.mjs';
import { until } from './until.mjs';

let redis;
before(async () => (redis = await startRedis()));
after(() => redis.close());

/** A client, and a stream of its own for this test. */
async function open(t, name = 'redis 5') {
  const opened = await CLIENTS[name](redis.port);
  t.after(() => opened.close());
  return { ...opened, key: `${t.name} by ${name}` };
}

/** Follows until the test is over: `{ entries, failure, stop() }`. */
function follow(t, store, after, deliver = () => undefined) {
  const controller = new AbortController();
  const followed = { entries: [], failure: undefined };
  const deliverAll = async (entries) => {
    followed.entries.push(...entries);
    await deliver(entries);
  };
  const running = store.follow(after, deliverAll, controller.signal).catch((error) => (followed.failure = error));
  followed.stop = () => {
    controller.abort();
    return running;
  };
  t.after(followed.stop);
  return followed;
}

const dataOf = (entries) => entries.map(({ event }) => event.data);
const positionsOf = (entries) => entries.map(({ position }) => position);

/** A line about each connection that the server has. */
async function connections(send) {
  return String(await send('CLIENT', 'LIST'))
    .trim()
    .split('\n');
}

/** The ids of those that follow. */
async function waiting(send) {
  const lines = (await connections(send)).filter((line) => line.includes(' cmd=xread '));
  return lines.map((line) => /^id=(\d+)/.exec(line)[1]);
}

describe('redisStore', () => {
  for (const name of Object.keys(CLIENTS)) {
    test('all parts of an event come back, from the store and to those who follow', async (t) => {
      const { client, send, key } = await open(t, name);
      const store = redisStore(client, { key });
      assert.equal(await store.head(), '0-0');
      assert.deepEqual(await store.read('0-0', 10), { entries: [], gap: false });
      const followed = follow(t, store, '0-0');
      const events = [
        { data: 'plain' },
        { event: 'ü', data: 'a\nb\r\n\u0000 \u{1f600}', key: 'k', retry: 0, comment: '' },
        { comment: 'nothing else' },
        {},
      ];
      const positions = [];
      for (const event of events) positions.push(await store.append(event));
      // Another program: its own fields are left alone.
      positions.push(String(await send('XADD', key, '*', 'trace', '7', 'data', 'other', 'event', 'e')));
      await until(() => followed.entries.length === 5);
      const { entries, gap } = await store.read(undefined, 10);
      assert.equal(gap, false);
      assert.deepEqual(followed.entries, entries);
      assert.deepEqual(positionsOf(entries), positions);
      assert.deepEqual(
        entries.map(({ event }) => JSON.parse(JSON.stringify(event))),
        [...events.slice(0, 3), { comment: '' }, { event: 'e', data: 'other' }],
      );
      assert.equal(await store.head(), positions[4]);
    });

    test('a lost connection of those who follow loses and repeats nothing; an abort leaves none', async (t) => {
      const { client, send, key } = await open(t, name);
      const store = redisStore(client, { key, blockTimeout: 100_000 });
      const followed = follow(t, store, '0-0');
      const expected = [];
      for (let round = 0; round < 10; round++) {
        const events = Array.from({ length: 300 }, (_, n) => ({ data: `${round} ${n}` }));
        expected.push(...dataOf(events.map((event) => ({ event }))));
        const appended = Promise.all(events.map((event) => store.append(event)));
        let killed = 0;
        await until(async () => {
          for (const id of await waiting(send)) killed += Number(await send('CLIENT', 'KILL', 'ID', id));
          return killed;
        });
        await appended;
      }
      await until(() => followed.entries.length >= expected.length);
      assert.deepEqual(dataOf(followed.entries), expected);
      await until(async () => (await waiting(send)).length === 1);
      await followed.stop();
      assert.equal(followed.failure, undefined);
      // The caller's own is all there is.
      await until(async () => (await connections(send)).length === 1);
    });
  }

  test('pages, in order, from the oldest and from any event on', async (t) => {
    const { client, key } = await open(t);
    const store = redisStore(client, { key });
    const positions = await Promise.all(Array.from({ length: 50 }, (_, n) => store.append({ data: `${n}` })));
    const first = await store.read(undefined, 20);
    assert.deepEqual(positionsOf(first.entries), positions.slice(0, 20));
    for (const at of [0, 19, 48]) {
      const page = await store.read(positions[at], 20);
      assert.deepEqual([positionsOf(page.entries), page.gap], [positions.slice(at + 1, at + 21), false]);
    }
    assert.deepEqual(await store.read(positions[49], 20), { entries: [], gap: false });
    assert.deepEqual(dataOf((await store.read('0-0', 2)).entries), ['0', '1']);
  });

  test('a gap where the stream does not reach back, or never reached', async (t) => {
    const { client, send, key } = await open(t);
    const store = redisStore(client, { key });
    for (let n = 1; n <= 6; n++) await send('XADD', key, `${n}-0`, 'data', `${n}`);
    const pageBehind = async (after) => {
      const { entries, gap } = await store.read(after, 10);
      return [dataOf(entries).join(''), gap];
    };
    assert.deepEqual(await pageBehind('0-0'), ['123456', false]);
    await send('XTRIM', key, 'MAXLEN', '=', '3');
    assert.deepEqual(await pageBehind('0-0'), ['456', true]);
    assert.deepEqual(await pageBehind('2-0'), ['456', true]);
    // Redis does not tell that this was the last one to be trimmed.
    assert.deepEqual(await pageBehind('3-0'), ['456', true]);
    assert.deepEqual(await pageBehind('4-0'), ['56', false]);
    assert.deepEqual(await pageBehind('6-0'), ['', false]);
    assert.deepEqual(await pageBehind('6-1'), ['456', true]);
    // What somebody deletes is not missed by those who were before it and after the oldest.
    await send('XDEL', key, '5-0');
    assert.deepEqual(await pageBehind('4-0'), ['6', false]);
    assert.deepEqual(await pageBehind('5-0'), ['6', false]);
    await send('XTRIM', key, 'MAXLEN', '=', '0');
    assert.equal(await store.head(), '6-0');
    assert.deepEqual(await pageBehind('6-0'), ['', false]);
    assert.deepEqual(await pageBehind('5-0'), ['', true]);
    await send('DEL', key);
    assert.equal(await store.head(), '0-0');
    assert.deepEqual(await pageBehind('6-0'), ['', true]);
    assert.deepEqual(await pageBehind('0-0'), ['', false]);
  });

  test('a server that does not count what was added: whoever began with the stream is told of a gap once that is full', async (t) => {
    const { client, key } = await open(t);
    const sendCommand = async ([...command]) => {
      const reply = await client.sendCommand(command);
      const at = command[0] === 'XINFO' ? reply.indexOf('entries-added') : -1;
      return at < 0 ? reply : reply.toSpliced(at, 2);
    };
    const store = redisStore({ sendCommand }, { key, maxLength: 3 });
    await store.append({ data: '1' });
    assert.equal((await store.read('0-0', 10)).gap, false);
    for (const data of ['2', '3']) await store.append({ data });
    assert.equal((await store.read('0-0', 10)).gap, true);
  });

  test('about maxLength events are kept, and never fewer', async (t) => {
    const { client, send, key } = await open(t);
    const store = redisStore(client, { key, maxLength: 500 });
    await Promise.all(Array.from({ length: 2000 }, (_, n) => store.append({ data: `${n}` })));
    const length = await send('XLEN', key);
    assert.ok(length >= 500 && length < 700, `${length} are kept`);
  });

  test('who follows and is overtaken by the trimming does not go on as if nothing were missing', async (t) => {
    const { client, key } = await open(t);
    const store = redisStore(client, { key, maxLength: 100 });
    let goOn;
    const followed = follow(t, store, '0-0', () => new Promise((resolve) => (goOn ??= resolve)));
    await store.append({ data: 'first' });
    await until(() => goOn);
    await Promise.all(Array.from({ length: 1000 }, () => store.append({ data: 'x' })));
    goOn();
    await until(() => followed.failure);
    assert.match(followed.failure.message, /^expected the stream .+ from \d+-0 on, found it trimmed$/);
    assert.deepEqual(dataOf(followed.entries), ['first']);
  });

  for (const name of Object.keys(CLIENTS)) {
    test('following that fails again and again is given up, and can begin anew', async (t) => {
      const { client, send, key } = await open(t, name);
      const store = redisStore(client, { key, maxAttempts: 2 });
      await send('SET', key, 'no stream');
      const failed = follow(t, store, '0-0');
      await until(() => failed.failure);
      assert.match(failed.failure.message, /^expected a connection to Redis, found 2 failing$/);
      assert.match(String(failed.failure.cause), /WRONGTYPE/);
      await send('DEL', key);
      const followed = follow(t, store, await store.head());
      await store.append({ data: 'x' });
      await until(() => followed.entries.length);
      assert.equal(followed.failure, undefined);
    });
  }

  for (const name of ['redis 5', 'ioredis 5']) {
    test('a server that is silent for too long, and one that is gone', async (t) => {
      const own = await startRedis();
      t.after(() => own.close());
      const { client, close } = await CLIENTS[name](own.port);
      t.after(close);
      let made = 0;
      const duplicate = client.duplicate.bind(client);
      client.duplicate = (...overrides) => (made++, duplicate(...overrides));
      const silent = follow(t, redisStore(client, { key: 'k', blockTimeout: 200 }), '0-0');
      const store = redisStore(client, { key: 'k', maxAttempts: 3 });
      await store.append({ data: '1' });
      await until(() => silent.entries.length);
      const before = made;
      own.child.kill('SIGSTOP');
      await until(() => made > before);
      own.child.kill('SIGCONT');
      await store.append({ data: '2' });
      await until(() => silent.entries.length > 1);
      assert.deepEqual(dataOf(silent.entries), ['1', '2']);
      await silent.stop();

      const gone = follow(t, store, '0-0');
      await until(() => gone.entries.length);
      await own.close();
      await until(() => gone.failure);
      assert.match(gone.failure.message, /found 3 failing$/);
      assert.match(String(gone.failure.cause), /ECONNREFUSED/);
    });
  }

  test('an abort while the connection is being made, or waited for, leaves none', async (t) => {
    const { client, send, key } = await open(t);
    const store = redisStore(client, { key });
    for (let n = 0; n < 20; n++) {
      const controller = new AbortController();
      const running = store.follow('0-0', async () => undefined, controller.signal);
      for (let turns = 0; turns < n; turns++) await new Promise(setImmediate);
      controller.abort();
      await running;
    }
    await store.follow('0-0', async () => undefined, AbortSignal.abort());
    await until(async () => (await connections(send)).length === 1);
  });

  test('what is no client, and options that are not what they should be', async (t) => {
    const { client } = await open(t);
    for (const none of [{}, { get() {} }]) assert.throws(() => redisStore(none, { key: 'k' }), TypeError);
    assert.throws(() => redisStore(client, { key: '' }), TypeError);
    for (const option of ['maxLength', 'maxAttempts', 'blockTimeout']) {
      for (const value of [0, -1, 1.5, NaN, '5'])
        assert.throws(() => redisStore(client, { key: 'k', [option]: value }), RangeError);
    }
  });
});
