// Cuts at every byte offset of a stream: each event is delivered once, whatever is cut where.

import { bytes, events, frames, idAt, TYPES } from '../story.mjs';
import { AT_ONCE, read } from './faces.mjs';

// As many as a browser has connections to one host, less two.
const AT_A_TIME = 4;

const [first] = frames;
const GET = { retry: AT_ONCE };
const POST = { method: 'POST', body: 'again', retry: AT_ONCE };

/** A cut at each byte offset from here on, in parts that can be read side by side. */
function everyOffset(how, from = 0) {
  const size = Math.ceil((bytes.length - from) / AT_A_TIME);
  const part = (number) => Array.from({ length: size }, (_, at) => from + number * size + at);
  return Array.from({ length: AT_A_TIME }, (_, number) =>
    part(number)
      .filter((at) => at < bytes.length)
      .map((at) => ({ at, how, wait: at % 3 })),
  );
}

/** Reads the story through these cuts, one after the other: each attempt goes on behind the last whole event. */
async function readThrough(cuts, { api, server, assert, face, init }) {
  const run = await server.script({ story: cuts, home: true });
  const until = ({ lastEventId }) => lastEventId === 'end';
  const found = await read({ api, face, url: run.url, init, types: TYPES, until });
  assert.same(found.error, null, 'the error');
  assert.same(found.events, events, 'the events');
  const { requests, ids, most } = await run.log();
  assert.same(requests.length, cuts.length + 1, 'the number of requests');
  assert.same(most, 1, 'connections at a time');
  for (const { text } of requests) assert.same(text, init.body ?? '', 'the body');
  const sent = ids.slice(1).map((id) => id ?? '');
  let before = '';
  cuts.forEach(({ at, how }, number) => {
    const id = sent[number];
    if (how === 'fin') assert.same(id, idAt(at), `the id sent after a clean end at byte ${at}`);
    // Of a stream that is reset, fetch may lose what it has not handed over yet.
    assert.yes(orderOf(id) <= orderOf(idAt(at)), `no id beyond ${idAt(at)} after a reset at byte ${at}, found ${id}`);
    assert.yes(orderOf(id) >= orderOf(before), `an id not before ${before}, found ${id}`);
    before = id;
  });
  if (face === 'connect') return;
  assert.same(
    found.errors.map(({ lastEventId }) => lastEventId),
    sent,
    'the ids that the client had',
  );
  found.errors.forEach(({ code }, number) => {
    if (cuts[number].how === 'fin') assert.same(code, 'stream-ended', 'the code of a clean end');
  });
}

const orderOf = (id) => frames.findIndex((frame) => frame.id === id);

const sweep = (parts, context) => Promise.all(parts.map((cuts) => readThrough(cuts, context)));

export const resuming = {
  'EventSource: a reset at every byte offset': (context) =>
    sweep(everyOffset('reset'), { ...context, face: 'EventSource', init: GET }),

  'EventSource: a clean end at every byte offset': (context) =>
    sweep(everyOffset('fin'), { ...context, face: 'EventSource', init: GET }),

  'connect, POST: a reset at every byte offset behind the first event': (context) => {
    // A POST goes on only where it has an id. A reset might take the first one along, so before that comes a clean end.
    const start = { at: first.complete, how: 'fin' };
    const parts = everyOffset('reset', first.complete).map((cuts) => [start, ...cuts]);
    return sweep(parts, { ...context, face: 'connect', init: POST });
  },

  'connect, POST: a clean end at every byte offset behind the first event': (context) =>
    sweep(everyOffset('fin', first.complete), { ...context, face: 'connect', init: POST }),

  'connect, POST: cut at any byte before the first id is whole, it is not sent again': async (context) => {
    const { api, server, assert } = context;
    for (const how of ['fin', 'reset']) {
      for (let at = 0; at < first.complete; at++) {
        const run = await server.script({ story: [{ at, how, wait: at % 3 }], home: true });
        const { events: seen, error } = await read({ api, face: 'connect', url: run.url, init: POST });
        assert.same(seen, [], 'the events');
        assert.same(error?.code, how === 'fin' ? undefined : 'network', 'the code');
        assert.same((await run.log()).requests.length, 1, 'the number of requests');
      }
    }
  },
};
