// How connections are closed, called off and kept one at a time, and that the server sees it.

import { forFaces, AT_ONCE, dataOf, read } from './faces.mjs';
import { always } from './remote.mjs';

const TWO = 'id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n';
const OPEN = { body: [TWO, { gate: 'never' }] };
const init = { retry: AT_ONCE };

/** `leave` opens connections to the run and ends them: then none is left on the server, and none is opened any more. */
function leaves(name, answer, leave, { requests = 1 } = {}) {
  return {
    [name]: async (context) => {
      const run = await context.server.script(always(answer));
      await leave({ ...context, run });
      await run.over();
      await context.assert.settle(40);
      const log = await run.log();
      context.assert.same(log.open, 0, 'connections that are left');
      context.assert.yes(log.requests.length <= requests, `at most ${requests} request, found ${log.requests.length}`);
    },
  };
}

const first = (source, type) => new Promise((done) => (source[`on${type}`] = done));

const closing = {
  ...leaves('EventSource: close() at once', OPEN, ({ api, run }) => new api.EventSource(run.url).close()),

  ...leaves('EventSource: close() before the headers', { hold: 'never' }, async ({ api, run }) => {
    const source = new api.EventSource(run.url);
    await run.until(({ open }) => open === 1);
    source.close();
  }),

  ...leaves('EventSource: close() in the open event, and nothing is told', OPEN, async ({ api, run, assert }) => {
    const source = new api.EventSource(run.url, init);
    const seen = [];
    source.onmessage = source.onerror = ({ type }) => seen.push(type);
    await first(source, 'open');
    source.close();
    await assert.settle(40);
    assert.same([seen, source.readyState], [[], 2]);
  }),

  ...leaves('EventSource: close() at an event, and nothing more is told', OPEN, async ({ api, run, assert }) => {
    const source = new api.EventSource(run.url, init);
    const seen = [];
    source.onerror = ({ type }) => seen.push(type);
    await new Promise((done) => {
      source.onmessage = ({ data }) => {
        seen.push(data);
        source.close();
        done();
      };
    });
    await assert.settle(40);
    assert.same([seen, source.readyState, source.lastEventId], [['1'], 2, '1']);
  }),

  ...leaves(
    'EventSource: close() in the error event, and it does not come back',
    { body: TWO },
    async ({ api, run }) => {
      const source = new api.EventSource(run.url, init);
      await first(source, 'error');
      source.close();
    },
  ),

  ...leaves('EventSource: close() while it waits', { body: TWO }, async ({ api, run, assert }) => {
    const source = new api.EventSource(run.url, { retry: { delay: 150, jitter: 0 } });
    await first(source, 'error');
    await assert.settle(0);
    source.close();
    await assert.settle(200);
  }),

  ...leaves('connect: break closes the connection', OPEN, async ({ api, run, assert }) => {
    const stream = await api.connect(run.url, init);
    for await (const { data } of stream) if (data === '1') break;
    assert.same(stream.lastEventId, '1');
  }),

  ...leaves('connect: an error in the loop closes the connection', OPEN, async ({ api, run, assert }) => {
    const loop = async () => {
      for await (const { data } of await api.connect(run.url, init)) throw new Error(data);
    };
    assert.same((await assert.rejection(loop())).message, '1');
  }),

  ...leaves('connect: close() without reading', OPEN, async ({ api, run }) => (await api.connect(run.url)).close()),

  ...leaves('connect: close() ends a loop that waits', OPEN, async ({ api, run, assert }) => {
    const stream = await api.connect(run.url, init);
    const seen = [];
    for await (const { data } of stream) {
      seen.push(data);
      if (data === '2') setTimeout(() => stream.close(), 20);
    }
    assert.same(seen, ['1', '2']);
  }),

  ...leaves('connect: return() of the iterator closes the connection', OPEN, async ({ api, run, assert }) => {
    const iterator = (await api.connect(run.url, init))[Symbol.asyncIterator]();
    assert.same((await iterator.next()).value.data, '1');
    assert.same((await iterator.return()).done, true);
    assert.same((await iterator.next()).done, true);
  }),
};

const reason = new Error('changed my mind');

/** The signal aborts once `when(log)` holds: it ends with `'aborted'`, and the server is left. */
function aborts(name, answer, when, requests = 1) {
  return forFaces(`aborted ${name}`, async ({ api, server, assert, face }) => {
    const run = await server.script(always(answer));
    const controller = new AbortController();
    const retry = { delay: 1e6, jitter: 0, statuses: [503] };
    const reading = read({ api, face, url: run.url, init: { retry, signal: controller.signal } });
    await run.until(when);
    await assert.settle();
    controller.abort(reason);
    const { error } = await reading;
    assert.same([error.code, error.willRetry], ['aborted', false]);
    assert.yes(error.cause === reason, `the signal’s reason as the cause, found ${error.cause}`);
    assert.same((await run.over()).requests.length, requests, 'the number of requests');
  });
}

const aborting = {
  ...forFaces('a signal that is aborted already sends nothing', async ({ api, server, assert, face }) => {
    const run = await server.script(always(OPEN));
    const { error, events } = await read({ api, face, url: run.url, init: { signal: AbortSignal.abort(reason) } });
    assert.same([events, error.code, error.willRetry], [[], 'aborted', false]);
    assert.yes(error.cause === reason, 'the signal’s reason as the cause');
    await assert.settle(40);
    const { requests, sockets } = await run.log();
    assert.same([requests.length, sockets], [0, 0], 'requests and sockets');
  }),
  ...aborts('before the headers', { hold: 'never' }, ({ open }) => open === 1),
  ...aborts('while it reads', OPEN, ({ written }) => written > TWO.length),
  ...aborts('within an event', { body: ['data: half', { gate: 'never' }] }, ({ written }) => written > 10),
  ...aborts('while it waits', { status: 503, body: 'no' }, ({ requests, open }) => requests.length === 1 && open === 0),
};

const oneAtATime = {
  ...forFaces('a connection works after another was closed in the middle', async ({ api, server, assert, face }) => {
    // A socket that is kept must not bring the rest of the stream before.
    for (let round = 0; round < 5; round++) {
      const run = await server.script({
        body: [`data: ${round}\n\n`, `data: ${'x'.repeat(5000)}\n\n`, { wait: 5 }, 'data: late\n\n'],
      });
      const { events } = await read({ api, face, url: run.url, init, until: () => true });
      assert.same(
        events.map(({ data }) => data),
        [`${round}`],
      );
      assert.same((await run.over()).requests.length, 1);
    }
  }),

  ...forFaces('a kept socket that the server closes is no loss', async ({ api, server, assert, face }) => {
    const bodies = ['a', 'b', 'c', 'd'].map((data, at) => ({ body: `id: ${at}\ndata: ${data}\n\n`, after: 'fin' }));
    const run = await server.script({ answers: bodies });
    assert.same(dataOf(await read({ api, face, url: run.url, init })), ['a', 'b', 'c', 'd']);
    const { ids, most } = await run.over();
    assert.same([ids.length, most], [5, 1], 'requests, and connections at a time');
  }),

  'EventSource: many are opened and closed at any time, and none is left': async ({ api, server, assert }) => {
    const run = await server.script(always(OPEN));
    const seen = [];
    for (let round = 0; round < 40; round++) {
      const source = new api.EventSource(run.url, init);
      source.onmessage = ({ data }) => seen.push(data);
      if (round % 4 === 1) await assert.settle(round % 3);
      if (round % 4 === 2) await first(source, 'open');
      source.close();
      seen.length = 0;
    }
    const { open } = await run.over();
    assert.same([open, seen], [0, []]);
  },
};

export const lifecycle = { ...closing, ...aborting, ...oneAtATime };
