// The client of Anthropic reads messages that `eventStream` sends, with pings between, and an error in the middle.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import Anthropic, { APIError } from '@anthropic-ai/sdk';

import { until } from '../e2e/check.mjs';
import { modelServer } from './lib/model-server.mjs';
import { serve } from './lib/serve.mjs';
import { PIECES, TEXT } from './lib/texts.mjs';

const INPUT = { city: 'Zürich\n🚀', at: [1, null] };
const PING = { type: 'ping' };

/** A message of a text and of the use of a tool. */
function messageEvents() {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', content: [], model: 'claude-test' };
  const usage = { input_tokens: 3, output_tokens: 1 };
  const delta = (index, given) => ({ type: 'content_block_delta', index, delta: given });
  const json = JSON.stringify(INPUT);
  const tool = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} };
  return [
    { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null, usage } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    PING,
    ...PIECES.flatMap((text) => [delta(0, { type: 'text_delta', text }), PING]),
    { type: 'content_block_stop', index: 0 },
    { type: 'content_block_start', index: 1, content_block: tool },
    delta(1, { type: 'input_json_delta', partial_json: json.slice(0, 9) }),
    delta(1, { type: 'input_json_delta', partial_json: json.slice(9) }),
    { type: 'content_block_stop', index: 1 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 9 } },
    { type: 'message_stop' },
  ].map((data) => ({ event: data.type, data }));
}

const OVERLOADED = {
  event: 'error',
  data: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
};

const { handler, state, begin } = modelServer(messageEvents, OVERLOADED);

describe('@anthropic-ai/sdk', () => {
  let [server, client] = [];
  before(async () => {
    server = await serve(handler);
    client = new Anthropic({ baseURL: server.url, apiKey: 'none', maxRetries: 0 });
  });
  after(() => server.close());

  const body = (model) => ({ model, max_tokens: 100, messages: [{ role: 'user', content: 'hello' }] });

  test('a message, event by event, without its pings', async (t) => {
    const found = [];
    for await (const event of await client.messages.create({ ...body('ends'), stream: true })) found.push(event);
    const sent = messageEvents().map(({ data }) => data);
    assert.deepEqual(
      found,
      sent.filter((data) => data !== PING),
    );
    t.diagnostic(`${found.length} events, and ${sent.length - found.length} pings`);
  });

  test('a message, put together', async () => {
    const texts = [];
    const message = await client.messages
      .stream(body('ends'))
      .on('text', (text) => texts.push(text))
      .finalMessage();
    assert.deepEqual(texts, PIECES);
    assert.equal(message.content[0].text, TEXT);
    assert.deepEqual(message.content[1].input, INPUT);
    assert.equal(message.stop_reason, 'tool_use');
    assert.equal(message.usage.output_tokens, 9);
  });

  test('an error event in the middle, and a stream that breaks off, end the loop with an error', async () => {
    const found = [];
    const read = async (model) => {
      for await (const { type } of await client.messages.create({ ...body(model), stream: true })) found.push(type);
    };
    await assert.rejects(
      read('fails'),
      (error) => error instanceof APIError && error.type === 'overloaded_error' && error.message.includes('Overloaded'),
    );
    // All that came before it, and nothing behind.
    assert.deepEqual(
      found,
      begin()
        .map(({ event }) => event)
        .filter((type) => type !== 'ping'),
    );
    await assert.rejects(read('breaks'));
  });

  test('leaving the loop is noticed', async () => {
    for await (const { type } of await client.messages.create({ ...body('stays'), stream: true })) {
      if (type === 'content_block_delta') break;
    }
    await until(() => state.closed);
    assert.match(state.closed, /^(cancelled|aborted)$/);
  });
});
