// A channel that is a Durable Object: what its readers get, also after it was ended and workerd was started anew.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startObjects } from './objects.mjs';
import { Reader, until } from './readers.mjs';

describe('ChannelObject in workerd', () => {
  let server, storage;
  const start = async () => (server = await startObjects({ storage }));
  const restart = async () => {
    await server.close();
    await start();
  };
  before(async () => {
    storage = await mkdtemp(join(tmpdir(), 'eventsource-wasm-objects-'));
    await start();
  });
  after(async () => {
    await server?.close();
    await rm(storage, { recursive: true, force: true });
  });

  const read = (path, lastEventId) =>
    new Reader(`${server.url}/${path}`, lastEventId && { headers: { 'last-event-id': lastEventId } });
  /** A reader that has been told where it is. */
  const reading = async (path, lastEventId) => {
    const reader = read(path, lastEventId);
    await until(() => (lastEventId ? reader.status : reader.lastEventId));
    return reader;
  };
  const has = (reader, ...data) =>
    until(() => reader.data.length >= data.length).then(() => assert.deepEqual(reader.data, data));

  test('bound as it is: GET reads, calls publish, and no request does', async () => {
    const reader = await reading('PLAIN/one');
    const id = await server.call('PLAIN/one', 'publish', { event: 'greeting', data: { hello: 'world' } });
    await has(reader, '{"hello":"world"}');
    assert.ok(reader.text.endsWith(`event: greeting\nid: ${id}\ndata: {"hello":"world"}\n\n`));
    assert.match(id, /^\d{13}-1$/);
    assert.equal(await server.call('PLAIN/one', 'size'), 1);
    for (const method of ['PUT', 'DELETE', 'HEAD']) {
      const response = await fetch(`${server.url}/PLAIN/one`, { method });
      assert.deepEqual([response.status, response.headers.get('allow')], [405, 'GET']);
      await response.text();
    }
    await assert.rejects(server.call('PLAIN/one', 'publish', { event: 'a\nb' }), /expected .*, found/);
    await assert.rejects(server.call('PLAIN/one', 'publish', { id: '7', data: '' }), /expected an event without an id/);
    for (const inner of ['channel', 'ctx', 'env']) {
      await assert.rejects(server.call('PLAIN/one', inner), /does not implement|not a function|no such method/i, inner);
    }
    reader.leave();
    await until(async () => (await server.call('PLAIN/one', 'size')) === 0);
  });

  test('pages of other origins read where `cors` lets them', async () => {
    const headers = { origin: 'https://example.com', 'access-control-request-method': 'GET' };
    for (const [binding, status, allowed] of [
      ['SILENT', 204, '*'],
      ['PLAIN', 405, null],
    ]) {
      const preflight = await fetch(`${server.url}/${binding}/cors`, { method: 'OPTIONS', headers });
      const found = [preflight.status, preflight.headers.get('access-control-allow-origin')];
      assert.deepEqual(found, [status, allowed]);
      const response = await fetch(`${server.url}/${binding}/cors`, { headers });
      assert.equal(response.headers.get('access-control-allow-origin'), allowed);
      await response.body.cancel();
    }
  });

  test('objects of one isolate have nothing in common', async () => {
    const names = Array.from({ length: 10 }, (_, n) => `PLAIN/many${n}`);
    const readers = await Promise.all(names.map((name) => reading(name)));
    await Promise.all(names.map((name, n) => server.call(name, 'publish', { data: n })));
    await Promise.all(readers.map((reader, n) => has(reader, `${n}`)));
    readers.forEach((reader) => reader.leave());
  });

  for (const [how, end] of Object.entries({
    'the object is ended': () => server.call('ROOM/cut', 'abort').catch(() => undefined),
    'workerd is started anew': restart,
  })) {
    test(`${how}: readers resume without loss or repeat, with signed ids`, async () => {
      const name = 'ROOM/cut';
      const first = await reading(name);
      const begin = (await server.call(name, 'publish', { data: 'a' })).match(/-(\d+)/)[1];
      await has(first, 'a');
      await server.call(name, 'publish', { data: 'b' });
      await has(first, 'a', 'b');
      await end();
      await until(() => first.ended || first.broken);
      await server.call(name, 'publish', { data: 'c' });
      const second = await reading(name, first.lastEventId);
      const id = await server.call(name, 'publish', { data: 'd' });
      await has(second, 'c', 'd');
      assert.equal(id.match(/^\d+-(\d+)\.[\w-]{22}$/)[1], `${Number(begin) + 3}`);
      assert.doesNotMatch(second.text, /event: gap/);

      const forged = await reading(name, id.replace(/..$/, 'AA'));
      await until(() => forged.data.length > 4);
      assert.match(forged.text, /event: gap\ndata: \{"lastEventId":/);
      [second, forged].forEach((reader) => reader.leave());
    });
  }

  test('a gap is told of where there is one, and nowhere else', async () => {
    const ids = [];
    for (let n = 1; n <= 12; n++) ids.push(await server.call('SMALL/gap', 'publish', { data: n }));
    const since = async (id) => {
      const reader = await reading('SMALL/gap', id);
      await until(() => reader.data.includes('12'));
      reader.leave();
      return reader;
    };
    // The events from the 8th on are kept; who has read the 7th has missed none.
    assert.deepEqual((await since(ids[6])).data, ['8', '9', '10', '11', '12']);
    const missed = await since(ids[5]);
    assert.deepEqual(missed.data, [`{"lastEventId":"${ids[5]}"}`, '8', '9', '10', '11', '12']);
    await restart();
    assert.deepEqual((await since(ids[6])).data, ['8', '9', '10', '11', '12']);
    assert.deepEqual((await since(ids[5])).data, missed.data);
    assert.deepEqual((await since(ids[10])).data, ['12']);
  });

  test('a subclass with filters of its own', async () => {
    const reader = await reading('SMALL/filter?only=b');
    for (const [event, data] of ['a1', 'b2', 'a3', 'b4']) await server.call('SMALL/filter', 'publish', { event, data });
    await has(reader, '2', '4');
    reader.leave();
  });

  test('close is for good, also after a restart', async () => {
    const reader = await reading('PLAIN/closed');
    await server.call('PLAIN/closed', 'publish', { data: 1 });
    const [last] = await Promise.all([server.call('PLAIN/closed', 'publish', { data: 2 }), has(reader, '1', '2')]);
    await server.call('PLAIN/closed', 'close');
    await until(() => reader.ended);
    assert.equal((await fetch(`${server.url}/PLAIN/closed`, { headers: { 'last-event-id': last } })).status, 204);
    await restart();
    await assert.rejects(
      server.call('PLAIN/closed', 'publish', { data: 3 }),
      /expected an open channel, found it closed/,
    );
    const late = await reading('PLAIN/closed', last.replace(/\d+$/, 0));
    await until(() => late.ended);
    assert.deepEqual(late.data, ['1', '2']);
    let status;
    // The first one to come after a restart finds out that there is no more; those behind it are told.
    while (status !== 204) {
      const response = await fetch(`${server.url}/PLAIN/closed`, { headers: { 'last-event-id': last } });
      assert.doesNotMatch(await response.text(), /data/);
      ({ status } = response);
    }
  });

  test('what is on its way to the disk when the channel is closed is read before the end', async () => {
    const readers = await Promise.all(Array.from({ length: 3 }, () => reading('SILENT/finish')));
    await server.call('SILENT/finish', 'finish', 1, 2, 3);
    await until(() => readers.every(({ ended }) => ended));
    for (const { data } of readers) assert.deepEqual(data, ['1', '2', '3']);
  });

  test('without heartbeats, who has left is noticed with the next event', async () => {
    const readers = await Promise.all(Array.from({ length: 3 }, () => reading('SILENT/left')));
    readers.slice(1).forEach((reader) => reader.leave());
    while ((await server.call('SILENT/left', 'size')) > 1) await server.call('SILENT/left', 'publish', { data: '' });
    await server.call('SILENT/left', 'publish', { data: 'last' });
    await until(() => readers[0].data.at(-1) === 'last');
    readers[0].leave();
  });

  test('both entries of the writing side have one wasm', async () => {
    assert.equal(await server.call('SILENT/wasm', 'instances'), 1);
  });

  test('drain sends everybody away, and who comes back goes on', async () => {
    const readers = await Promise.all(Array.from({ length: 5 }, () => reading('PLAIN/drained')));
    await server.call('PLAIN/drained', 'publish', { data: 1 });
    await Promise.all(readers.map((reader) => has(reader, '1')));
    await server.call('PLAIN/drained', 'drain');
    await until(() => readers.every(({ ended }) => ended));
    for (const { text } of readers) assert.match(text, /\n\nretry: \d+\n\n$/);
    await server.call('PLAIN/drained', 'publish', { data: 2 });
    const back = await reading('PLAIN/drained', readers[0].lastEventId);
    await server.call('PLAIN/drained', 'publish', { data: 3 });
    await has(back, '2', '3');
    back.leave();
  });
});
