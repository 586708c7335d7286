// The README's recipe of a chat room, as it is written there.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { connect } from 'eventsource-wasm';

import { startWorkerd } from '../../scripts/lib/workerd.mjs';

describe('chat room', () => {
  let server;
  before(async () => {
    server = await startWorkerd({
      entry: 'examples/recipes/chat-room.mjs',
      objects: { ROOMS: 'Room' },
      env: { USERS: { a: 'Ann', b: 'Bob' } },
    });
  });
  after(() => server?.close());

  const url = (room, token) => `${server.url}/${room}?token=${token}`;
  const say = async (room, token, text) => (await fetch(url(room, token), { method: 'POST', body: text })).json();

  test('who may read reads, who comes back gets what was said, and each room is one of its own', async () => {
    const ann = await connect(url('lobby', 'a'));
    const heard = ann[Symbol.asyncIterator]();
    const next = async () => (await heard.next()).value;
    await say('kitchen', 'b', 'not for the lobby');
    const { id } = await say('lobby', 'b', 'Hello');
    const first = await next();
    assert.deepEqual([first.type, first.json(), first.lastEventId], ['said', { user: 'Bob', text: 'Hello' }, id]);
    await heard.return();
    await say('lobby', 'b', 'Still there?');
    const back = await connect(url('lobby', 'a'), { lastEventId: ann.lastEventId });
    await say('lobby', 'a', 'Yes');
    const said = [];
    for await (const event of back) if (said.push(event.json().text) === 2) break;
    assert.deepEqual(said, ['Still there?', 'Yes']);
  });

  test('nobody else reads or speaks', async () => {
    for (const method of ['GET', 'POST']) {
      const response = await fetch(url('lobby', 'c'), { method });
      assert.equal(response.status, 403);
      await response.text();
    }
  });
});
