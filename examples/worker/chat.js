import { eventStream } from 'eventsource-wasm/server';
import { sleep } from './clock.js';
import { problem } from './problem.js';
import { compose, fingerprint, tokenize } from './text.js';

/** The token that the page sends. A demo has nothing to protect; it shows that the header arrives. */
export const demoToken = 'demo-token';

const maxPromptLength = 4000;
const msPerToken = 30;

/**
 * `POST /api/chat`: an answer in the wire shape of LLM APIs, token by token.
 *
 * Every event's id is `<seed>.<index>`. With the prompt, which a resuming request sends again, it says all there is to
 * know, so that nothing is kept between requests.
 * @param {Request} request
 * @returns {Promise<Response>}
 */
export async function chat(request) {
  const authorization = request.headers.get('authorization');
  if (authorization !== `Bearer ${demoToken}`) {
    const found = authorization === null ? 'none' : 'another one';
    const detail = `expected the header "Authorization: Bearer ${demoToken}", found ${found}`;
    return problem(401, 'Not authorized', detail, { 'www-authenticate': 'Bearer realm="demo"' });
  }
  const prompt = await readPrompt(request);
  if (prompt instanceof Response) return prompt;

  return eventStream(
    request,
    (stream) => {
      const { seed, next } = position(stream.lastEventId);
      return answer(stream, prompt, seed, next);
    },
    // The reader takes this as its reconnection time. Short, as a demo's visitor should not wait for the resume.
    { retry: 700, heartbeat: 5000 },
  );
}

/**
 * @param {Request} request
 * @returns {Promise<string | Response>} the prompt, or the refusal
 */
async function readPrompt(request) {
  let body;
  try {
    body = await request.json();
  } catch {
    return problem(400, 'Body is not JSON', 'expected a JSON object such as { "prompt": "…" }, found something else');
  }
  const prompt = body?.prompt;
  if (typeof prompt !== 'string' || prompt.trim() === '') {
    const found = prompt === '' ? 'an empty string' : typeof prompt;
    return problem(422, 'No prompt', `expected "prompt" to be a string that is not empty, found ${found}`);
  }
  if (prompt.length > maxPromptLength) {
    const detail = `expected at most ${maxPromptLength} characters, found ${prompt.length}`;
    return problem(413, 'Prompt too long', detail);
  }
  return prompt;
}

/**
 * Where to go on. An id that is not one of ours begins a new answer.
 * @param {string} lastEventId
 */
function position(lastEventId) {
  const match = /^([0-9a-z]{1,6})\.(\d{1,6})$/.exec(lastEventId);
  if (match) return { seed: parseInt(match[1], 36), next: Number(match[2]) + 1 };
  return { seed: crypto.getRandomValues(new Uint16Array(1))[0], next: 0 };
}

/**
 * @param {import("eventsource-wasm/server").ServerStream} stream
 * @param {string} prompt
 * @param {number} seed
 * @param {number} next index of the first token to send
 */
async function answer(stream, prompt, seed, next) {
  const text = compose(prompt, seed);
  const tokens = tokenize(text);
  const run = seed.toString(36);
  for (let index = next; index < tokens.length; index++) {
    await stream.send({ id: `${run}.${index}`, data: delta(run, { content: tokens[index] }) });
    await sleep(pause(tokens[index]), stream.signal);
    if (stream.signal.aborted) return;
  }
  if (next <= tokens.length) {
    const usage = { completion_tokens: tokens.length, fingerprint: fingerprint(text) };
    await stream.send({ id: `${run}.${tokens.length}`, data: delta(run, {}, 'stop', usage) });
  }
  await stream.send('[DONE]');
}

/**
 * One `chat.completion.chunk`. `t` (ms since the epoch, when it was sent) is an addition of the demo's, for the plot.
 * @param {string} run
 * @param {{ content?: string }} content
 * @param {string | null} [reason]
 * @param {object} [usage]
 */
function delta(run, content, reason = null, usage) {
  return {
    choices: [{ index: 0, delta: content, finish_reason: reason }],
    usage,
    id: `chatcmpl-${run}`,
    object: 'chat.completion.chunk',
    model: 'embedded-text',
    t: Date.now(),
  };
}

/** Punctuation takes a breath, as it does in speech. @param {string} token */
function pause(token) {
  return /[.!?:。]$/u.test(token) ? msPerToken * 5 : msPerToken;
}
