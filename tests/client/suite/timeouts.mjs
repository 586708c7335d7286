// connectTimeout and idleTimeout, against a server that is silent in every way, and Retry-After.

import { attempts, dataOf, forFaces, read } from './faces.mjs';
import { always } from './remote.mjs';

const EARLY_MS = 2;
const EVENT = { body: 'id: 1\ndata: a\n\n' };
const SILENT = { hold: 'never' };
const HALF = 'id: 1\ndata: a\n\nid: 2\ndata: half';

/** Counts attempts where they are made: on a busy machine one may be over before it gets to the server. */
function counting(init) {
  const made = [];
  return { made, init: { ...init, headers: (attempt) => (made.push(attempt), {}) } };
}

const noneOpen = ({ open, openSockets }) => open === 0 && openSockets === 0;

/** All that the server has seen was closed by the client. */
function allLeft({ requests, openSockets }, assert) {
  for (const { by } of requests) assert.same(by, 'client', 'who has ended it');
  assert.same(openSockets, 0, 'sockets that are open');
}

const connecting = {
  ...forFaces('connectTimeout: no response, tried again by the policy', async ({ api, server, assert, face }) => {
    const run = await server.script(always(SILENT));
    const { made, init } = counting({ connectTimeout: 120, retry: attempts(3) });
    const { error, errors } = await read({ api, face, url: run.url, init });
    assert.same([error.code, error.attempt, error.willRetry], ['retries-exhausted', 3, false]);
    assert.yes(/expected a response within 120 ms, found none/.test(error.message), `what it was, found ${error}`);
    assert.same(made, [1, 2, 3], 'attempts');
    if (face === 'EventSource') {
      const codes = errors.map(({ code, status, willRetry, state }) => [code, status, willRetry, state]);
      const timeout = ['connect-timeout', undefined, true, 0];
      assert.same(codes, [timeout, timeout, ['retries-exhausted', undefined, false, 2]]);
    }
    const log = await run.over();
    assert.yes(log.requests.length <= 3, `at most 3 requests, found ${log.requests.length}`);
    allLeft(await run.until(noneOpen), assert);
  }),

  ...forFaces('connectTimeout: a POST may have been carried out', async ({ api, server, assert, face }) => {
    const run = await server.script(always(SILENT));
    const { made, init } = counting({ method: 'POST', body: 'pay', connectTimeout: 120, retry: attempts(3) });
    const { error } = await read({ api, face, url: run.url, init });
    assert.same([error.code, error.attempt, error.willRetry], ['connect-timeout', 1, false]);
    assert.same(made, [1], 'attempts');
    allLeft(await run.until(noneOpen), assert);
  }),

  ...forFaces('connectTimeout: a function decides', async ({ api, server, assert, face }) => {
    const run = await server.script(SILENT, always(EVENT));
    const codes = new Set();
    const retry = ({ error, status, response }) => {
      codes.add([error.code, status, response].join());
      return 0;
    };
    const init = { connectTimeout: 300, retry };
    const found = await read({ api, face, url: run.url, init, until: () => true });
    assert.same([dataOf(found), [...codes]], [['a'], ['connect-timeout,,']]);
    // The first was silent; the one that answered may be kept.
    assert.same((await run.over()).requests[0].by, 'client', 'who has ended it');
  }),

  ...forFaces('connectTimeout: over once there is a response', async ({ api, server, assert, face }) => {
    const run = await server.script({ body: ['data: a\n\n', { wait: 1700 }, 'data: b\n\n'] });
    const { made, init } = counting({ connectTimeout: 1500, resume: 'never' });
    assert.same(dataOf(await read({ api, face, url: run.url, init })), ['a', 'b']);
    assert.same(made, [1], 'attempts');
  }),
};

/** `body` and then silence: dropped, and gone on with behind what was whole. */
function falls(name, body, { data, ids }) {
  return forFaces(`idleTimeout: silence ${name}`, async ({ api, server, assert, face }) => {
    const run = await server.script({ body: [...body, { gate: 'never' }] }, always({ body: 'id: 2\ndata: b\n\n' }));
    const asked = [];
    const retry = ({ error, status }) => {
      asked.push([error.code, error.message, status]);
      return 0;
    };
    const init = { idleTimeout: 300, retry };
    const found = await read({ api, face, url: run.url, init, until: (event) => event.data === 'b' });
    assert.same(dataOf(found), data);
    for (const one of asked) assert.same(one, ['idle-timeout', 'expected bytes within 300 ms, found none', null]);
    const log = await run.over();
    assert.same(log.ids.slice(0, 2), ids);
    assert.same(log.ids.length, asked.length + 1, 'the number of requests');
    assert.same(log.requests[0].by, 'client', 'who has ended it');
    await run.until(({ sockets, openSockets }) => openSockets < sockets);
  });
}

const reading = {
  ...falls('behind the headers', [], { data: ['b'], ids: [undefined, undefined] }),
  ...falls('behind an event', [EVENT.body], { data: ['a', 'b'], ids: [undefined, '1'] }),
  ...falls('in the middle of an event', [HALF], { data: ['a', 'b'], ids: [undefined, '1'] }),

  ...forFaces('idleTimeout: a POST without an id is not sent again', async ({ api, server, assert, face }) => {
    const run = await server.script(always({ body: ['data: a\n\n', { gate: 'never' }] }));
    const { made, init } = counting({ method: 'POST', body: 'pay', idleTimeout: 300, retry: attempts(3) });
    const found = await read({ api, face, url: run.url, init });
    assert.same(dataOf(found), ['a']);
    assert.same([found.error.code, found.error.willRetry, made], ['idle-timeout', false, [1]]);
    allLeft(await run.until(noneOpen), assert);
  }),

  ...forFaces('idleTimeout: comments keep it open', async ({ api, server, assert, face }) => {
    // Longer in all than the limit, in pieces of a fiftieth of it; a comment also in parts.
    const pings = Array.from({ length: 75 }, (_, at) => [at % 3 ? ':' : '\n', { wait: 20 }]).flat();
    const run = await server.script({ body: [...pings, '\ndata: there\n\n'] });
    const { made, init } = counting({ idleTimeout: 1000, retry: attempts(1) });
    assert.same(dataOf(await read({ api, face, url: run.url, init, until: () => true })), ['there']);
    assert.same(made, [1], 'attempts');
  }),

  ...forFaces('idleTimeout: a slow loop is not silence', async ({ api, server, assert, face }) => {
    const run = await server.script({ body: ['data: 1\n\n', { gate: 'go' }, 'data: 2\n\n'] });
    const { made, init } = counting({ idleTimeout: 300, resume: 'never' });
    const source = face === 'connect' ? await api.connect(run.url, init) : new api.EventSource(run.url, init);
    const seen = [];
    for await (const { data } of source) {
      seen.push(data);
      // The server is silent for longer than the limit, but nobody asks it for more.
      await assert.settle(700);
      if (data === '1') await run.open('go');
    }
    assert.same([seen, made], [['1', '2'], [1]], 'events and attempts');
  }),

  'both: close() leaves nothing that rings': async ({ api, server, assert }) => {
    const [silent, half] = [await server.script(always(SILENT)), await server.script(always({ body: [HALF, SILENT] }))];
    const told = [];
    const init = { connectTimeout: 150, idleTimeout: 150, retry: attempts(9) };
    const sources = [silent, half].map(({ url }) => new api.EventSource(url, init));
    for (const source of sources) source.onerror = ({ error }) => told.push(error.code);
    for (const source of sources) source.close();
    await assert.settle(400);
    assert.same([told, sources.map(({ readyState }) => readyState)], [[], [2, 2]]);
    for (const run of [silent, half]) assert.yes((await run.over()).requests.length <= 1, 'at most one request');
  },
};

const busy = (seconds) => ({ status: 503, headers: { 'content-type': 'text/plain', 'retry-after': `${seconds}` } });

const asked = {
  ...forFaces('Retry-After wins over the backoff and the stream’s retry', async ({ api, server, assert, face }) => {
    // Both are longer.
    const run = await server.script({ body: 'retry: 90\nid: 1\ndata: a\n\n' }, busy(1), { body: 'data: b\n\n' });
    const delays = [];
    const statuses = [503];
    const retry = { delay: 50, jitter: 0, statuses };
    const long = { delay: 60_000, maxDelay: 60_000, jitter: 0, statuses };
    assert.same(dataOf(await read({ api, face, url: run.url, init: { retry } })), ['a', 'b']);
    const { gaps } = await run.over();
    assert.yes(gaps[0] >= 90 - EARLY_MS, `the stream’s retry, found ${gaps[0]}`);
    assert.yes(gaps[1] >= 1000 - EARLY_MS, `a second, found ${gaps[1]}`);
    // What is longer does not make it longer: this would take a minute.
    const other = await server.script({ body: 'retry: 60000\nid: 1\ndata: a\n\n', end: 'done' }, busy(1), EVENT);
    const init = { retry: long };
    const source = new api.EventSource(other.url, init);
    source.onerror = ({ error }) => {
      delays.push(error.delay);
      if (delays.length === 1) source.reconnect();
    };
    await other.until(({ requests }) => requests.length === 3);
    source.close();
    assert.same(delays.slice(0, 2), [60_000, 1000]);
    const { gaps: between } = await other.over();
    assert.yes(between[1] >= 1000 - EARLY_MS, `a second, found ${between[1]}`);
  }),

  ...forFaces('Retry-After is not cut short by maxDelay', async ({ api, server, assert, face }) => {
    const run = await server.script(busy(1), EVENT);
    const retry = { delay: 1, maxDelay: 10, jitter: 0, statuses: [503] };
    const found = await read({ api, face, url: run.url, init: { retry } });
    assert.same(dataOf(found), ['a']);
    if (face === 'EventSource') assert.same(found.errors[0].delay, 1000);
    const [gap] = (await run.over()).gaps;
    assert.yes(gap >= 1000 - EARLY_MS, `a second, found ${gap}`);
  }),
};

export const timeouts = { ...connecting, ...reading, ...asked };
