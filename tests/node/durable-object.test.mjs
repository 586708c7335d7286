// The entry outside of Workers, as somebody's unit test has it: the class is there, over a storage of their own.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { events } from 'eventsource-wasm';
import { ChannelObject } from 'eventsource-wasm/durable-object';

const PARTS = ['number', 'at', 'bytes', 'total', 'event', 'data', 'key', 'retry', 'comment'];

/** As much of a storage as an object needs that is never ended and never trims. */
function makeStorage() {
  const rows = [];
  const exec = (query, ...values) => {
    if (query.startsWith('SELECT epoch')) return [{ epoch: 1, number: 0, total: 0, closed: 0 }];
    if (query.startsWith('SELECT *')) return rows.filter(({ number }) => number > values[0] && number <= values[1]);
    if (query.includes('VALUES (?, ?')) rows.push(Object.fromEntries(PARTS.map((part, at) => [part, values[at]])));
    return [];
  };
  return { sql: { exec }, transactionSync: (work) => work(), sync: async () => undefined };
}

test('ChannelObject without a runtime of Workers', async () => {
  class Room extends ChannelObject {
    greet() {
      return this.publish(`Hello from ${this.env.place}, ${this.ctx.name}`);
    }
  }
  const room = new Room({ name: 'lobby', storage: makeStorage() }, { place: 'Node' });
  assert.equal(room.fetch(new Request('http://localhost/', { method: 'POST' })).status, 405);
  const response = room.fetch(new Request('http://localhost/'));
  assert.equal(room.size(), 1);
  const reading = events(response);
  const first = reading.next();
  assert.equal(await room.greet(), '1-1');
  const { value } = await first;
  assert.deepEqual([value.data, value.lastEventId], ['Hello from Node, lobby', '1-1']);
  room.close();
  assert.equal((await reading.next()).done, true);
  await assert.rejects(room.greet(), { code: 'closed' });
  assert.throws(() => new ChannelObject({ storage: makeStorage() }, {}, { history: { age: -1 } }), RangeError);
});
