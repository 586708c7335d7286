// What is published on a channel: the same values in the fields that it takes, for those who read and for those who come back; and
// whatever a reader says that it has seen.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';

import { Channel } from 'eventsource-wasm/server';

import { AFTER, BEFORE, CASES, difference, itemsOf, partsOf, refusalOf } from './hostile/cases.mjs';
import { READERS } from './hostile/readers.mjs';
import { STRINGS } from './hostile/values.mjs';

const PLENTY = { events: 1e6, bytes: 1e9 };
const ask = (lastEventId) => new Request(`http://localhost/?${new URLSearchParams({ lastEventId })}`);

/** Ids are the channel's to give; it leaves out that of an event that was read. */
const cases = Object.values(CASES)
  .flat()
  .filter(({ event }) => event.id === undefined)
  .map(({ name, event }) => ({ name, event: event.lastEventId === undefined ? event : { ...event, lastEventId: '' } }));

describe('hostile values on a channel', () => {
  const channel = new Channel({ history: PLENTY, maxBuffer: 1e9 });
  /** What was published, with the ids that it got. */
  const published = [];
  let live;

  before(async () => {
    live = new Response(channel.subscribe(ask('')).body).arrayBuffer();
    const { id, ...plain } = BEFORE;
    for (const event of cases.flatMap((found) => [plain, found.event, AFTER])) {
      const code = refusalOf(event);
      if (code) await assert.rejects(channel.publish(event), { code, name: 'EventSourceError' });
      else published.push({ ...partsOf(event), id: await channel.publish(event) });
    }
    channel.close();
  });

  for (const [reader, read] of Object.entries(READERS)) {
    test(`${reader}, live and come back`, async (t) => {
      assert.equal(difference(read(new Uint8Array(await live)), itemsOf(published, true)), undefined);
      const resumed = await channel.subscribe(ask(published[0].id)).arrayBuffer();
      assert.equal(difference(read(new Uint8Array(resumed)), itemsOf(published.slice(1), true)), undefined);
      t.diagnostic(`${cases.length} cases, ${published.length} events, twice`);
    });
  }

  test('whatever a reader says that it has seen, it is told of the gap and gets all that is kept', async (t) => {
    const kept = new Channel();
    const event = { ...AFTER, id: await kept.publish(AFTER) };
    const ids = Object.entries(STRINGS).filter(([, value]) => value);
    const read = READERS['eventsource-wasm/parser'];
    for (const [name, value] of ids) {
      const response = kept.subscribe(ask(value));
      const reader = response.body.getReader();
      const items = [];
      let bytes = new Uint8Array();
      while (!items.some(({ type }) => type === 'after')) {
        bytes = Buffer.concat([bytes, (await reader.read()).value]);
        items.splice(0, Infinity, ...read(bytes));
      }
      await reader.cancel();
      const [gap, ...others] = items.filter(({ type }) => type);
      assert.equal(gap.type, 'gap', name);
      assert.equal(
        difference(
          others,
          itemsOf([event]).filter(({ type }) => type),
        ),
        undefined,
        name,
      );
      // A URL has no lone surrogates.
      assert.deepEqual(JSON.parse(gap.data), { lastEventId: value.toWellFormed() }, name);
    }
    t.diagnostic(`${ids.length} values`);
  });
});
