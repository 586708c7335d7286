// A channel that all requests of an isolate share. I/O belongs to the request that made it: whoever publishes, closes or drains does so
// in another one than those who read.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startWorkerd } from '../../scripts/lib/workerd.mjs';
import { Reader, until } from './readers.mjs';

const READERS = 50;
const CONFIGURATIONS = {
  'as of today': {},
  'with the oldest date that settles promises in their own request': { compatibilityDate: '2024-10-14' },
  'with signals of requests': { compatibilityFlags: ['enable_request_signal'] },
};

for (const [name, options] of Object.entries(CONFIGURATIONS)) {
  describe(`a channel of many requests in workerd, ${name}`, () => {
    let server;
    before(async () => {
      server = await startWorkerd({ entry: 'tests/workerd/channel.worker.mjs', ...options });
    });
    after(() => server?.close());

    /** What a channel is asked for in a request of its own. */
    const ask = async (path, events) => {
      const response = await fetch(server.url + path, events && { method: 'POST', body: JSON.stringify(events) });
      const answer = await response.json();
      assert.equal(response.status, 200, answer.error);
      return answer;
    };
    const state = (channel) => ask(`/${channel}/state`);
    const sized = (channel, size) => until(async () => (await state(channel)).size === size);
    /** Readers of a channel, which has these options if they are its first. */
    const read = async (count, channel, init = {}, query = '') => {
      const options = `options=${encodeURIComponent(JSON.stringify(init))}`;
      const { size } = await ask(`/${channel}/state?${options}`);
      const url = `${server.url}/${channel}/read?${query}`;
      const readers = Array.from({ length: count }, () => new Reader(url, { held: query === 'held' }));
      await sized(channel, size + count);
      return readers;
    };

    for (const [kind, init] of Object.entries({ plain: {}, signed: { ids: { secret: 'a secret of some bytes' } } })) {
      test(`${kind} ids: ${READERS} readers, publishers and a close, each in a request of its own`, async () => {
        const readers = await read(READERS, kind, init);
        await until(() => readers.every(({ lastEventId }) => lastEventId));
        const published = await Promise.all(
          Array.from({ length: 40 }, async (_, at) =>
            ask(`/${kind}/publish`, [{ data: `${at}a` }, { data: `${at}b` }]),
          ),
        );
        await until(() => readers.every(({ data }) => data.length === 80));
        const ids = published.flat();
        assert.equal(new Set(ids).size, 80);
        for (const { data } of readers) assert.deepEqual(data, readers[0].data);
        for (let at = 0; at < 40; at++) {
          assert.ok(readers[0].data.indexOf(`${at}a`) < readers[0].data.indexOf(`${at}b`), `${at}`);
        }

        for (const reader of readers.slice(0, 10)) reader.leave();
        await sized(kind, READERS - 10);
        await ask(`/${kind}/close`);
        await until(() => readers.slice(10).every(({ ended }) => ended));
        await sized(kind, 0);
        const { codes, aborts } = await state(kind);
        assert.deepEqual(codes.sort(), [...Array(10).fill('cancelled'), ...Array(READERS - 10).fill('closed')]);
        assert.equal(aborts, READERS);
        const last = new Reader(`${server.url}/${kind}/read`, {
          headers: { 'last-event-id': readers[10].lastEventId },
        });
        await until(() => last.status);
        assert.equal(last.status, 204);
      });
    }

    test('readers that do not keep up are disconnected, and the others get everything', async () => {
      const readers = await read(5, 'slow');
      const held = await read(5, 'slow', {}, 'held');
      const data = 'x'.repeat(50_000);
      let published = 0;
      while ((await state('slow')).size > 5) {
        await ask('/slow/publish', [{ data }]);
        published++;
        await until(() => readers.every(({ text }) => text.length > published * data.length));
      }
      for (const reader of held) reader.resume();
      await until(() => held.every(({ broken }) => broken));
      await ask('/slow/publish', [{ data: 'last' }]);
      await until(() => readers.every(({ text }) => text.endsWith('last\n\n')));
      for (const { data } of readers) assert.equal(data.length, published + 1);
      for (const { data } of held) assert.ok(data.length < published);
      const { codes } = await state('slow');
      assert.deepEqual(codes, Array(5).fill('slow-consumer'));

      // They come back, and get what they have missed; the history is a megabyte long.
      const back = new Reader(`${server.url}/slow/read`, { headers: { 'last-event-id': readers[0].lastEventId } });
      await ask('/slow/publish', [{ data: 'and on' }]);
      await until(() => back.data.length);
      assert.deepEqual(back.data, ['and on']);
    });

    test('drain sends everybody away, and cuts off who does not go', async () => {
      const readers = await read(10, 'drained', { maxBuffer: 100_000_000 });
      const held = await read(3, 'drained', {}, 'held');
      // More than a socket takes.
      for (let n = 0; n < 40; n++) await ask('/drained/publish', [{ data: 'x'.repeat(500_000) }]);
      await until(() => readers.every(({ text }) => text.length > 20_000_000));
      assert.equal(await ask('/drained/drain?timeout=100'), 0);
      await until(() => readers.every(({ ended }) => ended));
      for (const { text } of readers) assert.match(text, /\n\nretry: \d+\n\n$/);
      for (const reader of held) reader.resume();
      await until(() => held.every(({ broken }) => broken));
      assert.deepEqual((await state('drained')).codes, Array(13).fill('drained'));
      const late = new Reader(`${server.url}/drained/read`);
      await until(() => late.ended);
      assert.match(late.text, /^: \n\nretry: \d+\n\n$/);
    });

    test('a reader without heartbeats that leaves without a word is no reader once something was sent', async () => {
      for (const query of ['', 'wait']) {
        const channel = `silent${query.length}`;
        const readers = await read(5, channel, { heartbeat: false }, query);
        for (const reader of readers) reader.leave();
        // Its request is over, and none of its promises settles any more: it is given up when it does not keep up.
        while ((await state(channel)).size) await ask(`/${channel}/publish`, [{ data: 'x'.repeat(10_000) }]);
        const more = await read(5, channel, { heartbeat: false }, query);
        for (const reader of more) reader.leave();
        assert.equal(await ask(`/${channel}/drain?timeout=100`), 0);
      }
    });

    test('a publisher whose request is over before its events are', async () => {
      const [reader] = await read(1, 'forgotten', { ids: { secret: 'a secret of some bytes' } });
      await until(() => reader.lastEventId);
      const events = Array.from({ length: 100 }, (_, at) => ({ data: `${at}` }));
      await ask('/forgotten/forget', events);
      await ask('/forgotten/publish', [{ data: 'and on' }]);
      await until(() => reader.text.includes('and on'));
      assert.deepEqual(reader.data, [...events.map(({ data }) => data), 'and on']);
    });

    test('nothing was done on behalf of another request, and no rejection left unhandled', async () => {
      assert.deepEqual((await state('plain')).rejections, []);
      assert.doesNotMatch(server.logs(), /on behalf of a different request/i);
    });
  });
}
