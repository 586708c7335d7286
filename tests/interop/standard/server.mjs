// The handler that a standard EventSource follows, and what it has seen of each run.

import assert from 'node:assert/strict';

import { eventStream, lastEventId, noMoreEvents } from 'eventsource-wasm/server';

import { cutBehind } from '../lib/cut.mjs';

/** All kinds of fields, and what a reader has to find. */
export const SENT = [
  'a string',
  { data: 'three\r\nlines\rof text' },
  { data: { json: ['ü', null, 1.5] } },
  { data: Uint8Array.of(0, 255, 128) },
  { event: 'named', data: 'of a type' },
  { id: 'an id', data: 'with an id' },
  { data: 'keeps the id' },
  { comment: 'which no reader sees' },
  { event: 'named', id: 42, data: '' },
  { id: '', data: 'no id any more' },
  { event: 'message', retry: 50, data: 'of the default type' },
  { comment: 'all', event: '🚀', id: '漢字 é', retry: 60, data: ' all parts ' },
  { type: 'named', data: 'was read\nand is sent on', lastEventId: 'r' },
  { event: 'end', data: 'end' },
];
export const READ = [
  ['message', 'a string', ''],
  ['message', 'three\nlines\nof text', ''],
  ['message', '{"json":["ü",null,1.5]}', ''],
  ['message', 'AP+A', ''],
  ['named', 'of a type', ''],
  ['message', 'with an id', 'an id'],
  ['message', 'keeps the id', 'an id'],
  ['named', '', '42'],
  ['message', 'no id any more', ''],
  ['message', 'of the default type', ''],
  ['🚀', ' all parts ', '漢字 é'],
  ['named', 'was read\nand is sent on', 'r'],
  ['end', 'end', 'r'],
].map(([type, data, lastEventId]) => ({ type, data, lastEventId }));

/** What a run that is cut has to get, each once; ids have this behind their number. */
export const storyOf = (ids) =>
  Array.from({ length: 9 }, (_, n) => ({ type: 'tick', data: `${n}\n漢字`, lastEventId: `${n}${ids}` }));
/** How many events a connection sends before it is cut. What is under way when it breaks off may be lost with it. */
const A_CONNECTION = 3;

/** Asserts that a run has gone forward through its story, by Last-Event-ID, to the 204, and has met all these cuts. */
export function assertResumed({ requests }, story, cuts) {
  const places = requests.map(({ lastEventId }) => story.findIndex((event) => event.lastEventId === lastEventId));
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
  assert.equal(requests[0].lastEventId, '');
  assert.equal(requests.at(-1).lastEventId, story.at(-1).lastEventId);
  for (const cut of cuts)
    assert.ok(
      requests.some((request) => request.cut === cut),
      cut,
    );
}

/** Longer than any client waits that does not heed it. */
export const LONG = 6000;

/** A handler of `/<what>?run=<name>`, and the `runs` by their names. */
export function standardServer() {
  const runs = new Map();
  const handler = (request) => {
    const url = new URL(request.url);
    const name = url.searchParams.get('run');
    if (!runs.has(name)) runs.set(name, { requests: [], closed: undefined, cutAt: 0 });
    const run = runs.get(name);
    run.requests.push({ method: request.method, lastEventId: lastEventId(request), at: performance.now() });
    return HANDLERS[url.pathname](request, run, url.searchParams);
  };
  return { handler, runs };
}

const HANDLERS = {
  '/fields': (request) => eventStream(request, SENT, { retry: 40 }),

  /** Each connection is cut in the way that `cuts` has for it; with all events seen, 204. */
  '/resume': async (request, run, query) => {
    run.requests.at(-1).body = await request.text();
    const story = storyOf(query.get('ids'));
    const from = story.findIndex((event) => event.lastEventId === lastEventId(request)) + 1;
    if (from === story.length) return noMoreEvents();
    const cut = query.get('cuts').split(',')[Math.floor(from / A_CONNECTION)];
    run.requests.at(-1).cut = cut;
    const events = story.slice(from, from + A_CONNECTION);
    return cutBehind(request, events, story[from + A_CONNECTION], cut);
  },

  '/retry': (request, run) => {
    if (run.requests.length > 1) return noMoreEvents();
    return eventStream(request, (stream) => ((run.cutAt = performance.now()), stream.close()), { retry: LONG });
  },

  '/leave': (request, run) =>
    eventStream(request, (stream) => {
      void stream.send({ event: 'end', data: 'leave' });
      void stream.closed.then((reason) => (run.closed = reason.code));
    }),
};
