// A channel over Redis, with readers over HTTP: what becomes of them when the connection that follows is lost, and when they leave.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { connect } from 'eventsource-wasm';
import { redisStore } from 'eventsource-wasm/redis';
import { Channel } from 'eventsource-wasm/server';

import { prices } from '../../examples/recipes/redis.mjs';
import { startRedis } from '../../scripts/lib/redis.mjs';
import { serve } from './bridge.mjs';
import { CLIENTS } from './clients.mjs';
import { until } from './until.mjs';

let redis;
before(async () => (redis = await startRedis()));
after(() => redis.close());

/** A channel that is served. */
async function open(t, init = {}, name = 'redis 5') {
  const opened = await CLIENTS[name](redis.port);
  const channel = new Channel({ store: redisStore(opened.client, { key: t.name, maxAttempts: 2, ...init }) });
  const server = await serve((request) => channel.subscribe(request));
  t.after(() => {
    server.close();
    opened.close();
  });
  return { ...opened, ...server, channel };
}

/** Reads all that comes: `{ events, stream }`. */
async function read(t, url, lastEventId = '') {
  const stream = await connect(url, { lastEventId, retry: { delay: 5, factor: 1, maxAttempts: Infinity } });
  t.after(() => stream.close());
  const found = { events: [], stream };
  void (async () => {
    for await (const event of stream) found.events.push(event);
  })();
  return found;
}

const dataOf = (events) => events.map(({ data }) => data);

/** The ids of the connections that follow. */
async function following(send) {
  const lines = String(await send('CLIENT', 'LIST'))
    .trim()
    .split('\n');
  return lines.filter((line) => line.includes(' cmd=xread ')).map((line) => /^id=(\d+)/.exec(line)[1]);
}

describe('a channel over Redis', () => {
  test('is followed by one connection while anybody reads, and by none when nobody does', async (t) => {
    const { url, send, channel } = await open(t);
    assert.deepEqual(await following(send), []);
    let last = '0-0';
    for (let round = 0; round < 3; round++) {
      const readers = await Promise.all([1, 2, 3].map(() => read(t, url, last)));
      await until(async () => (await following(send)).length === 1);
      last = await channel.publish(`${round}`);
      await until(() => readers.every(({ events }) => events.length === 1));
      for (const { events, stream } of readers) {
        assert.deepEqual(dataOf(events), [`${round}`]);
        stream.close();
      }
      await until(async () => (await following(send)).length === 0);
    }
  });

  test('its connection is killed in mid-flow, again and again: readers do not notice', async (t) => {
    const { url, send, channel } = await open(t);
    const { events } = await read(t, url, '0-0');
    const expected = [];
    for (let round = 0; round < 10; round++) {
      const data = Array.from({ length: 200 }, (_, n) => `${round} ${n}`);
      expected.push(...data);
      const published = Promise.all(data.map((one) => channel.publish(one)));
      let killed = 0;
      await until(async () => {
        for (const id of await following(send)) killed += Number(await send('CLIENT', 'KILL', 'ID', id));
        return killed;
      });
      await published;
    }
    await until(() => events.length >= expected.length);
    assert.deepEqual(dataOf(events), expected);
    assert.equal(channel.size, 1);
  });

  test('a stream that cannot be followed cuts its readers, who come back once it can', async (t) => {
    const { url, send, channel } = await open(t, { maxLength: 100_000 });
    const { events, stream } = await read(t, url, '0-0');
    await channel.publish('1');
    await until(() => events.length === 1);
    const first = stream.response;
    await send('RENAME', t.name, 'aside');
    await send('SET', t.name, 'no stream');
    for (const id of await following(send)) await send('CLIENT', 'KILL', 'ID', id);
    await until(() => stream.response !== first || channel.size === 0);
    await send('RENAME', 'aside', t.name);
    await channel.publish('2');
    await until(() => events.length >= 2);
    assert.deepEqual(dataOf(events), ['1', '2']);
  });

  test('an event of another program that cannot be sent is left out', async (t) => {
    t.mock.method(console, 'error', () => undefined);
    const { url, send, channel } = await open(t);
    const live = await read(t, url, '0-0');
    await send('XADD', t.name, '*', 'event', 'a\nb', 'data', 'x');
    await send('XADD', t.name, '*', 'retry', 'soon', 'data', 'x');
    await send('XADD', t.name, '*', 'event', 'price', 'data', '10', 'unknown', 'y');
    await channel.publish('last');
    const back = await read(t, url, '0-0');
    for (const { events } of [live, back]) {
      await until(() => events.length === 2);
      assert.deepEqual(
        events.map(({ type, data }) => [type, data]),
        [
          ['price', '10'],
          ['message', 'last'],
        ],
      );
    }
    assert.equal(console.error.mock.callCount(), 2);
  });

  test('a reader that was away for too long is told, and gets what is kept', async (t) => {
    const { url, send, channel } = await open(t);
    const first = await channel.publish('1');
    for (const data of ['2', '3', '4']) await channel.publish(data);
    await send('XTRIM', t.name, 'MAXLEN', '=', '2');
    const { events } = await read(t, url, first);
    await until(() => events.length === 3);
    assert.deepEqual(
      events.map(({ type, data }) => [type, data]),
      [
        ['gap', JSON.stringify({ lastEventId: first })],
        ['message', '3'],
        ['message', '4'],
      ],
    );
  });

  for (const name of Object.keys(CLIENTS)) {
    test('the recipe: two processes, and a program that appends by itself', async (t) => {
      const servers = [];
      for (let n = 0; n < 2; n++) {
        const { client, close } = await CLIENTS[name](redis.port);
        const made = prices(client);
        const server = await serve(made.fetch);
        t.after(() => {
          server.close();
          close();
        });
        servers.push({ ...made, ...server });
      }
      const { send, close } = await CLIENTS[name](redis.port);
      t.after(close);
      await send('DEL', 'prices');
      const readers = await Promise.all(servers.map(({ url }) => read(t, url, '0-0')));
      await servers[0].publish(10);
      await servers[1].publish(10.5);
      await send('XADD', 'prices', '*', 'event', 'price', 'data', '11');
      for (const { events } of readers) {
        await until(() => events.length === 3);
        assert.deepEqual(
          events.map(({ type, data }) => [type, data]),
          ['10', '10.5', '11'].map((data) => ['price', data]),
        );
      }
    });
  }
});
