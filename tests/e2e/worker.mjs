// The edge handler of the end-to-end tests, in workerd: a page, the package for it, and streams of every kind.

import { encode, eventStream, lastEventId } from 'eventsource-wasm/server';

import { random } from './random.mjs';
import { cutOf, makeStory, withLineEnds } from './story.mjs';

const EVENT_STREAM = { 'content-type': 'text/event-stream' };
const PAGE = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>end to end</title>';
/** What the requests of a run were, by the name that its test gave it. */
const runs = new Map();
/** Names that a page has acknowledged. */
const acknowledged = new Set();

const ROUTES = {
  '/': () => new Response(PAGE, { headers: { 'content-type': 'text/html; charset=utf-8' } }),
  '/log': (request, url) => Response.json(runs.get(url.searchParams.get('run')) ?? []),
  '/echo': echo,
  '/gate': gate,
  '/ack': (request, url) => (acknowledged.add(url.searchParams.get('run')), new Response('ok')),
  '/burst': burst,
  '/cut': cut,
  '/cutting': cutting,
  '/ids': ids,
  '/status': (request, url) => new Response('not today', { status: Number(url.searchParams.get('status')) }),
  '/quiet': () => new Response(null, { status: 204 }),
  '/raw': raw,
  '/web-worker.js': () => new Response(WEB_WORKER, { headers: { 'content-type': 'text/javascript' } }),
};

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname.startsWith('/dist/')) {
      url.pathname = url.pathname.slice('/dist'.length);
      return env.ASSETS.fetch(url);
    }
    note(request, url);
    const route = ROUTES[url.pathname];
    return route ? route(request, url, env) : new Response('not found', { status: 404 });
  },
};

function note(request, url) {
  const run = url.searchParams.get('run');
  if (!run || url.pathname === '/log' || url.pathname === '/ack') return;
  runs.set(run, [...(runs.get(run) ?? []), { method: request.method, lastEventId: lastEventId(request) }]);
}

async function echo(request) {
  const body = await request.text();
  const headers = Object.fromEntries(request.headers);
  return eventStream(request, [{ event: 'echo', data: { method: request.method, headers, body } }]);
}

/** Sends one event, and the second only when the page has said that it has the first. */
function gate(request, url) {
  return eventStream(request, async (stream) => {
    await stream.send({ id: 1, data: 'first' });
    while (!acknowledged.has(url.searchParams.get('run')) && !stream.signal.aborted) await sleep(2);
    await stream.send({ id: 2, data: 'second' });
    await stream.send({ event: 'end', data: '' });
  });
}

/** Many events in one chunk; the stream stays open. */
function burst(request, url) {
  return eventStream(request, (stream) => {
    for (let n = 1; n <= Number(url.searchParams.get('count')); n++) void stream.send({ id: n, data: `${n}` });
  });
}

/** A story that breaks off, again and again, and goes on behind the id that the client sends. */
async function cut(request, url) {
  const { run, seed, count, cuts, post } = Object.fromEntries(url.searchParams);
  const body = await request.text();
  if (post && body !== post) return new Response(`expected the body ${post}, found ${body}`, { status: 400 });
  const story = makeStory(Number(seed), Number(count));
  const id = lastEventId(request);
  const from = id === '' ? 0 : story.findIndex((event) => event.id === id) + 1;
  if (id !== '' && from === 0) return new Response(`expected an id of the story, found ${id}`, { status: 400 });
  const attempt = runs.get(run).length;
  const rest = story.slice(from);
  if (attempt > Number(cuts)) return new Response(encode(rest), { headers: EVENT_STREAM });

  const next = random(Number(seed) + attempt);
  const ends = ['\n', '\r\n', '\r'][Math.floor(next() * 3)];
  const bytes = withLineEnds(encode([{ retry: 1 }, ...rest.slice(0, 40)]), ends);
  // A POST goes on only where it has an id, so the first event must arrive.
  const first = attempt === 1;
  const { at, where } = cutOf(bytes, next, first ? encode(rest[0]).length * 2 : 0);
  const kind = first || next() < 0.5 ? 'end' : 'error';
  Object.assign(runs.get(run).at(-1), { at, where, kind });
  return new Response(breaking(bytes.subarray(0, at), kind, next), { headers: EVENT_STREAM });
}

function breaking(bytes, kind, next) {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (at < bytes.length) {
        const size = 1 + Math.floor(next() * 64);
        controller.enqueue(bytes.subarray(at, at + size));
        at += size;
      } else if (kind === 'end') {
        controller.close();
      } else {
        // What is under way is lost with an error; a little of it should arrive.
        await sleep(2);
        controller.error(new Error('cut'));
      }
    },
  });
}

/** Ends one connection in peace, breaks off the second, and refuses the third. */
function cutting(request, url) {
  const attempt = runs.get(url.searchParams.get('run')).length;
  if (attempt > 2) return new Response('over', { status: 404 });
  const bytes = encode([{ retry: 1 }, { id: `${attempt}漢`, data: `${attempt}` }]);
  return new Response(
    breaking(bytes, attempt === 1 ? 'end' : 'error', () => 0.99),
    { headers: EVENT_STREAM },
  );
}

/** Sends the ids of the query one a connection; each must come back with the next request. */
function ids(request, url) {
  const list = url.searchParams.getAll('id');
  const at = runs.get(url.searchParams.get('run')).length - 1;
  if (at > list.length) return new Response(null, { status: 204 });
  const events = [{ retry: 1 }, ...(at < list.length ? [{ id: list[at], data: list[at] }] : [])];
  return new Response(encode(events), { headers: EVENT_STREAM });
}

/** The text of the query as a stream, which stays open where `open` is given. */
function raw(request, url) {
  const { text, type, open } = Object.fromEntries(url.searchParams);
  const headers = type === undefined ? {} : { 'content-type': type };
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      if (!open) controller.close();
    },
    // Pending work, so that the runtime does not take the response for one that hangs.
    pull: () => sleep(60_000),
  });
  return new Response(body, { headers });
}

const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

const WEB_WORKER = `
import { connect, EventSource } from '/dist/index.js';
const source = new EventSource('./echo?from=worker');
source.addEventListener('echo', async (event) => {
  source.close();
  const stream = await connect('echo', { method: 'POST', body: 'from a worker' });
  for await (const { data } of stream) { postMessage([source.url, event.data, data]); break; }
});
source.onerror = (event) => postMessage(['error', event.message]);
`;
