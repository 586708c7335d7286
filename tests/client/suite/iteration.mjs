// A loop over an EventSource, and the end of a block with `await using`.

import { AT_ONCE, forFaces } from './faces.mjs';
import { always } from './remote.mjs';

const init = { retry: AT_ONCE };
const OPEN = { body: ['id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n', { gate: 'never' }] };
const NUMBERS = Array.from({ length: 30 }, (_, at) => `${at}`);
const frames = (numbers) => numbers.map((number) => `id: ${number}\nevent: type ${number % 3}\ndata: ${number}\n\n`);

/** All that a loop gives, and what it throws. */
async function collect(source, take = () => undefined) {
  const found = { events: [], error: null };
  try {
    for await (const event of source) {
      found.events.push(event);
      await take(event, source);
    }
  } catch (error) {
    found.error = error;
  }
  return found;
}

/** The only connection was ended by the client, and the source is closed. */
async function isLeft(run, source, assert) {
  const { requests } = await run.until(({ open }) => open === 0);
  assert.same([requests.map(({ by }) => by), source.readyState], [['client'], 2]);
  await assert.settle(40);
  assert.same((await run.log()).requests.length, 1, 'the number of requests');
}

export const iteration = {
  'a loop over an EventSource: all events of all types once, across attempts': async ({ api, server, assert }) => {
    const answers = [0, 10, 20].map((from) => ({ body: frames(NUMBERS.slice(from, from + 10)) }));
    const run = await server.script(...answers);
    const source = new api.EventSource(run.url, init);
    const heard = [];
    for (const type of [0, 1, 2]) source.addEventListener(`type ${type}`, ({ data }) => heard.push(data));
    const { events, error } = await collect(source, ({ data }) => (data % 4 ? undefined : assert.settle(data % 5)));
    assert.same(error, null);
    assert.same(
      events.map(({ type, data, lastEventId }) => [type, data, lastEventId]),
      NUMBERS.map((number) => [`type ${number % 3}`, number, number]),
    );
    assert.yes(
      events.every((event) => event instanceof api.ServerSentEvent),
      'each a ServerSentEvent',
    );
    assert.same(heard, NUMBERS, 'what listeners got');
    assert.same([source.readyState, (await run.over()).ids], [2, [undefined, '9', '19', '29']]);
  },

  'a loop over an EventSource: break closes the socket': async ({ api, server, assert }) => {
    const run = await server.script(always(OPEN));
    const source = new api.EventSource(run.url, init);
    const errors = [];
    source.onerror = ({ error }) => errors.push(error);
    for await (const { data } of source) if (data === '1') break;
    await isLeft(run, source, assert);
    assert.same(errors, []);
  },

  'a loop over an EventSource: return() closes the socket': async ({ api, server, assert }) => {
    const run = await server.script(always(OPEN));
    const source = new api.EventSource(run.url, init);
    const iterator = source[Symbol.asyncIterator]();
    assert.same((await iterator.next()).value.data, '1');
    assert.same(await iterator.return(), { done: true });
    assert.same(await iterator.next(), { done: true });
    await isLeft(run, source, assert);
  },

  'a loop over an EventSource: an error in it closes the socket': async ({ api, server, assert }) => {
    const run = await server.script(always(OPEN));
    const source = new api.EventSource(run.url, init);
    const thrown = new Error('mine');
    const { error } = await collect(source, () => Promise.reject(thrown));
    assert.yes(error === thrown, `the error, found ${error}`);
    await isLeft(run, source, assert);
  },

  'a loop over an EventSource: close() ends it, without the rest': async ({ api, server, assert }) => {
    const run = await server.script(always(OPEN));
    const source = new api.EventSource(run.url, init);
    const { events, error } = await collect(source, () => source.close());
    assert.same([events.map(({ data }) => data), error], [['1'], null]);
    await isLeft(run, source, assert);
  },

  'a loop over an EventSource: throws the error that it is given up with': async ({ api, server, assert }) => {
    const refusal = { status: 404, headers: { 'content-type': 'text/plain' }, body: 'gone' };
    const run = await server.script({ body: 'id: 1\ndata: 1\n\n' }, always(refusal));
    const source = new api.EventSource(run.url, init);
    const errors = [];
    source.onerror = ({ error }) => errors.push(error);
    // Slow: the failure is there before the event is used up.
    const { events, error } = await collect(source, () => assert.settle(50));
    assert.same(
      events.map(({ data }) => data),
      ['1'],
    );
    assert.same([error.code, error.status, error.body, error.willRetry], ['http-status', 404, 'gone', false]);
    assert.yes(error === errors.at(-1), 'the error of the error event');
    // And again for who comes late.
    assert.yes((await collect(source)).error === error, 'the same error later');
    assert.same((await run.over()).requests.length, 2, 'the number of requests');
  },

  'a loop over an EventSource: several get all events each, and leaving one ends all': async (context) => {
    const { api, server, assert } = context;
    const run = await server.script({ body: [...frames(NUMBERS), { gate: 'never' }] });
    const source = new api.EventSource(run.url, init);
    const slow = collect(source, () => assert.settle(1));
    const fast = collect(source);
    const seen = [];
    for await (const { data } of source) if (seen.push(data) === NUMBERS.length) break;
    for (const { events, error } of await Promise.all([slow, fast])) {
      assert.same(error, null);
      const found = events.map(({ data }) => data);
      assert.same(found, NUMBERS.slice(0, found.length), 'events in order');
    }
    assert.same(seen, NUMBERS);
    await isLeft(run, source, assert);
  },

  ...forFaces('Symbol.asyncDispose closes it, its iterator too', async ({ api, server, assert, face }) => {
    for (const ofIterator of [false, true]) {
      const run = await server.script(always(OPEN));
      const source = face === 'connect' ? await api.connect(run.url, init) : new api.EventSource(run.url, init);
      const iterator = source[Symbol.asyncIterator]();
      assert.same((await iterator.next()).value.data, '1');
      await (ofIterator ? iterator : source)[Symbol.asyncDispose]();
      assert.same((await iterator.next()).done, true);
      await isLeft(run, { readyState: 2, ...(face === 'EventSource' && { readyState: source.readyState }) }, assert);
    }
  }),

  ...forFaces('await using closes it', async ({ api, server, assert, face }) => {
    const run = await server.script(always(OPEN));
    const make = () => (face === 'connect' ? api.connect(run.url, init) : new api.EventSource(run.url, init));
    assert.same(await usingFirst()(make), '1');
    assert.same((await run.until(({ open }) => open === 0)).requests[0].by, 'client');
  }),
};

/** Takes one event within `await using`. As a text, or what that stands for where none can be read: Node 20, workerd. */
function usingFirst() {
  try {
    // Not in a loop, which would close it too.
    const text = 'await using source = await make(); return (await source[Symbol.asyncIterator]().next()).value.data;';
    return new Function(`return async (make) => { ${text} }`)();
  } catch {
    return async (make) => {
      const source = await make();
      try {
        return (await source[Symbol.asyncIterator]().next()).value.data;
      } finally {
        await source[Symbol.asyncDispose]();
      }
    };
  }
}
