// The history of a channel in a Durable Object's storage, by itself.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startObjects } from './objects.mjs';
import { until } from './readers.mjs';

const METHODS =
  `make append read head headOfAppended readBeforeDisk follow followed failToTrim cost rows advance`.split(' ');

describe('sqliteStore in workerd', () => {
  let server, storage;
  const start = async () => (server = await startObjects({ storage }));
  before(async () => {
    storage = await mkdtemp(join(tmpdir(), 'eventsource-wasm-objects-'));
    await start();
  });
  after(async () => {
    await server?.close();
    await rm(storage, { recursive: true, force: true });
  });

  /** A store of its own, by its methods. */
  const make = async (name, options = {}) => {
    const calls = METHODS.map((method) => [method, (...args) => server.call(`STORE/${name}`, method, ...args)]);
    const store = Object.fromEntries(calls);
    await store.make(options);
    return store;
  };
  const at = (head, number) => head.replace(/\d+$/, number);
  const numbers = ({ entries }) => entries.map(({ position }) => Number(position.split('-')[1]));
  const data = (count) => Array.from({ length: count }, (_, n) => ({ data: `${n + 1}` }));

  test('an event comes back as it was, at positions that count from 1 on', async () => {
    const store = await make('event');
    const head = await store.head();
    assert.match(head, /^\d{13}-0$/);
    const events = [
      { data: 'a\nb\0c\u{1f600}' },
      { event: 'state', data: '', key: 'k', retry: 2 ** 53 - 1 },
      { comment: 'nothing else' },
      {},
      { data: '' },
    ];
    assert.deepEqual(
      await store.append(...events),
      events.map((_, n) => at(head, n + 1)),
    );
    const { entries, gap } = await store.read(null);
    assert.deepEqual(
      entries.map(({ event }) => event),
      events,
    );
    assert.equal(gap, false);
    assert.equal(await store.head(), at(head, 5));
  });

  test('what is behind a position, page by page, and where there is a gap', async () => {
    const store = await make('pages', { events: 10 });
    const head = await store.head();
    assert.deepEqual(await store.read(head), { entries: [], gap: false });
    await store.append(...data(25));
    assert.deepEqual(numbers(await store.read(null)), [16, 17, 18, 19, 20, 21, 22, 23, 24, 25]);
    for (let after = 0; after <= 25; after++) {
      const page = await store.read(at(head, after), 3);
      // The last one that was trimmed is the 15th: who has read that misses nothing.
      assert.equal(page.gap, after < 15, `${after}`);
      const from = Math.max(after, 15);
      assert.deepEqual(
        numbers(page),
        [1, 2, 3].map((n) => from + n).filter((n) => n <= 25),
      );
    }
    const [epoch] = head.split('-').map(Number);
    for (const other of [at(head, 26), `${epoch - 1}-20`, `${epoch + 1}-20`, 'nonsense', '']) {
      const page = await store.read(other, 2);
      assert.deepEqual([numbers(page), page.gap], [[16, 17], true], other);
    }
  });

  test('limits of bytes and age, whatever is passed first; an emptied history keeps its place', async () => {
    // `data: ` and two line ends are 8 bytes.
    const bytes = await make('bytes', { bytes: 1000 });
    await bytes.append({ data: 'x'.repeat(492) }, { data: 'y'.repeat(492) });
    assert.deepEqual(numbers(await bytes.read(null)), [1, 2]);
    await bytes.append({ data: '' });
    assert.deepEqual(numbers(await bytes.read(null)), [2, 3]);
    await bytes.append({ data: 'z'.repeat(993) });
    assert.deepEqual(numbers(await bytes.read(null)), []);
    const head = await bytes.head();
    assert.match(head, /-4$/);
    assert.deepEqual(await bytes.read(at(head, 4)), { entries: [], gap: false });
    assert.equal((await bytes.read(at(head, 3))).gap, true);
    await bytes.append({ data: 'on' });
    assert.deepEqual(numbers(await bytes.read(at(head, 4))), [5]);

    const age = await make('age', { age: 60_000 });
    await age.append(...data(5));
    await age.advance(59_000);
    await age.append(...data(2));
    assert.equal((await age.read(null)).entries.length, 7);
    await age.advance(2_000);
    // The oldest one's time is known from before, as nobody else writes to the table: a restart reads it.
    await age.make({ age: 60_000 });
    assert.deepEqual(numbers(await age.read(null)), [6, 7]);
    await age.advance(60_000);
    await age.make({ age: 60_000 });
    const end = await age.head();
    assert.deepEqual(await age.read(end), { entries: [], gap: false });
    assert.deepEqual(await age.rows('own'), []);
    assert.deepEqual(await age.append({ data: 'on' }), [at(end, 8)]);

    const none = await make('none', { events: 0 });
    await none.append(...data(3));
    assert.match(await none.head(), /-3$/);
    assert.deepEqual(await none.rows('own'), []);
  });

  test('the epoch and the place stay over restarts, also of an emptied history and with other limits', async () => {
    const heads = {};
    for (const [name, options] of Object.entries({ kept: {}, emptied: { events: 0 } })) {
      const store = await make(name, options);
      await store.append(...data(7));
      heads[name] = await store.head();
    }
    await server.close();
    await start();
    const emptied = await make('emptied', { events: 0 });
    assert.equal(await emptied.head(), heads.emptied);
    assert.deepEqual(await emptied.append({}), [at(heads.emptied, 8)]);
    const kept = await make('kept', { events: 3 });
    assert.equal(await kept.head(), heads.kept);
    assert.deepEqual(numbers(await kept.read(null)), [5, 6, 7]);
    await kept.append({});
    assert.deepEqual(numbers(await kept.read(null)), [6, 7, 8]);
    assert.deepEqual(
      numbers({ entries: (await kept.rows('own')).map(({ number }) => ({ position: `0-${number}` })) }),
      [6, 7, 8],
    );
  });

  test('an event and what is trimmed for it are one: where either fails, both do', async () => {
    const store = await make('atomic', { events: 2 });
    await store.append(...data(2));
    const head = await store.head();
    assert.match(await store.failToTrim({ data: 'x' }), /refused/);
    assert.equal(await store.head(), head);
    assert.deepEqual(numbers(await store.read(null)), [1, 2]);
    assert.deepEqual(await store.append({ data: 'y' }), [at(head, 3)]);
    assert.deepEqual(numbers(await store.read(null)), [2, 3]);
  });

  test('nobody gets what is not on disk, and the head waits for it', async () => {
    const store = await make('disk');
    const [before, position, after] = await store.readBeforeDisk({ data: 'x' });
    assert.deepEqual([before, after], [0, 1]);
    assert.equal(await store.head(), position);
    assert.deepEqual(await store.headOfAppended(...data(3)), [at(position, 4), 4]);
  });

  test('who follows gets everything once and in order, also what came before', async () => {
    const store = await make('followed');
    const head = await store.head();
    await store.append(...data(600));
    await store.follow(head);
    await store.append(...data(3));
    await store.append({});
    await until(async () => (await store.followed()).length >= 604);
    assert.deepEqual(
      await store.followed(),
      Array.from({ length: 604 }, (_, n) => at(head, n + 1)),
    );
  });

  test('a page ends with a megabyte', async () => {
    const store = await make('large');
    await store.append(...Array(5).fill({ data: 'x'.repeat(400_000) }));
    assert.deepEqual(numbers(await store.read(null)), [1, 2, 3]);
    assert.deepEqual(numbers(await store.read(at(await store.head(), 3))), [4, 5]);
  });

  test('an append at the limit writes its row, deletes one and reads a few', async () => {
    const store = await make('cost');
    const { read, written } = await store.cost(200, { data: 'x' });
    assert.equal(written, 400);
    assert.ok(read <= 1200, `${read}`);
  });

  test('options that are none', async () => {
    for (const [options, message] of [
      [{ events: -1 }, 'expected history.events to be a number that is not negative, found -1'],
      [{ bytes: '1' }, 'expected history.bytes to be a number that is not negative, found 1'],
      [{ table: 'a b' }, 'expected table to be letters, digits and _, found "a b"'],
    ]) {
      await assert.rejects(make('options', options), { message });
    }
  });
});
