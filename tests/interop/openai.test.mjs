// The client of OpenAI reads chat completions and responses that `eventStream` sends.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import OpenAI, { APIError } from 'openai';

import { until } from '../e2e/check.mjs';
import { modelServer } from './lib/model-server.mjs';
import { serve } from './lib/serve.mjs';
import { PIECES, TEXT } from './lib/texts.mjs';

const MODEL = 'gpt-test';
const USAGE = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 };

/** The chunks of a chat completion, without the sentinel. */
function chatChunks() {
  const chunk = (delta, finish_reason = null) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: MODEL,
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  });
  return [
    chunk({ role: 'assistant', content: '', refusal: null }),
    ...PIECES.map((content) => chunk({ content })),
    chunk({}, 'stop'),
    { ...chunk({}), choices: [], usage: USAGE },
  ].map((data) => ({ data }));
}

/** The events of a response: typed, numbered, and ended by the whole of it. */
function responseEvents() {
  const part = (text) => ({ type: 'output_text', text, annotations: [], logprobs: [] });
  const item = (status, content) => ({ id: 'msg_1', type: 'message', role: 'assistant', status, content });
  const response = (status, output) => ({
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    model: MODEL,
    status,
    output,
  });
  const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
  const events = [
    { type: 'response.created', response: response('in_progress', []) },
    { type: 'response.in_progress', response: response('in_progress', []) },
    { type: 'response.output_item.added', output_index: 0, item: item('in_progress', []) },
    { type: 'response.content_part.added', ...at, part: part('') },
    ...PIECES.map((delta) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...at, text: TEXT, logprobs: [] },
    { type: 'response.content_part.done', ...at, part: part(TEXT) },
    { type: 'response.output_item.done', output_index: 0, item: item('completed', [part(TEXT)]) },
    { type: 'response.completed', response: response('completed', [item('completed', [part(TEXT)])]) },
  ];
  return events.map((event, sequence_number) => ({ event: event.type, data: { ...event, sequence_number } }));
}

const eventsOf = (pathname) => (pathname.endsWith('/responses') ? responseEvents() : [...chatChunks(), '[DONE]']);
const { handler, state } = modelServer(eventsOf, { data: { error: { message: 'overloaded' } } });

describe('openai', () => {
  let [server, client] = [];
  before(async () => {
    server = await serve(handler);
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
  });
  after(() => server.close());

  const chat = (model) => ({
    model,
    messages: [{ role: 'user', content: 'hello' }],
    stream_options: { include_usage: true },
  });

  test('a chat completion, chunk by chunk, to its [DONE]', async (t) => {
    const found = [];
    for await (const chunk of await client.chat.completions.create({ ...chat('ends'), stream: true }))
      found.push(chunk);
    assert.deepEqual(
      found,
      chatChunks().map(({ data }) => data),
    );
    t.diagnostic(`${found.length} chunks`);
  });

  test('a chat completion, put together', async () => {
    const completion = await client.chat.completions.stream(chat('ends')).finalChatCompletion();
    assert.equal(completion.choices[0].message.content, TEXT);
    assert.equal(completion.choices[0].finish_reason, 'stop');
  });

  test('a response, event by event', async (t) => {
    const found = [];
    for await (const event of await client.responses.create({ model: 'ends', input: 'hello', stream: true }))
      found.push(event);
    assert.deepEqual(
      found,
      responseEvents().map(({ data }) => data),
    );
    t.diagnostic(`${found.length} events`);
  });

  test('a response, put together', async () => {
    const response = await client.responses.stream({ model: 'ends', input: 'hello' }).finalResponse();
    assert.equal(response.output_text, TEXT);
    assert.equal(response.status, 'completed');
  });

  test('an error in the stream, and a stream that breaks off, end the loop with an error', async () => {
    const read = async (model) => {
      for await (const chunk of await client.chat.completions.create({ ...chat(model), stream: true }))
        assert.ok(chunk.id);
    };
    await assert.rejects(read('fails'), (error) => error instanceof APIError && error.message.includes('overloaded'));
    await assert.rejects(read('breaks'));
  });

  test('leaving the loop is noticed', async () => {
    for await (const { choices } of await client.chat.completions.create({ ...chat('stays'), stream: true })) {
      if (choices[0].delta.content) break;
    }
    await until(() => state.closed);
    assert.match(state.closed, /^(cancelled|aborted)$/);
  });
});
