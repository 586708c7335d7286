// reconnect(), and a fetch that does not mind its signal: never two connections, and never one left behind.

import { AT_ONCE, forFaces } from './faces.mjs';
import { always } from './remote.mjs';

const open = (body) => ({ body: [body, { gate: 'never' }] });
const ONE = open('id: 1\ndata: 1\n\n');
const TWO = open('id: 2\ndata: 2\n\n');
const refusal = (status, headers = {}) => ({
  status,
  headers: { 'content-type': 'text/plain', ...headers },
  body: 'no',
});

/**
 * One connection at a time. Only in a browser, whose network code is a process of its own, may the end of one that was dropped and
 * the head of the next cross on their ways to the server; that there is one fetch at a time is counted where they are made.
 */
function oneAtATime(assert, most) {
  const inBrowser = /Mozilla/.test(globalThis.navigator?.userAgent);
  assert.yes(most <= (inBrowser ? 2 : 1), `one connection at a time, found ${most}`);
}

/** Follows a connection: `take(data, source)` is called for each event; the answer has what to call. */
function follow({ api, face, url, init = {} }, take = () => undefined) {
  const found = { data: [], errors: [] };
  if (face === 'EventSource') {
    const source = new api.EventSource(url, init);
    source.onerror = ({ error }) => found.errors.push(error);
    source.onmessage = ({ data }) => {
      found.data.push(data);
      take(data, source);
    };
    return { ...found, source: Promise.resolve(source), done: Promise.resolve() };
  }
  const source = api.connect(url, init);
  const loop = async () => {
    const stream = await source;
    for await (const { data } of stream) {
      found.data.push(data);
      take(data, stream);
    }
  };
  return { ...found, source, done: loop().catch((error) => found.errors.push(error)) };
}

const once = {
  ...forFaces('reconnect() while it is open goes on from the last id', async ({ api, server, assert, face }) => {
    for (const method of ['GET', 'POST']) {
      const run = await server.script(ONE, TWO);
      const states = [];
      const init = { method, body: method === 'POST' ? 'again' : undefined, retry: { delay: 1e6, jitter: 0 } };
      const { data, errors, source } = follow({ api, face, url: run.url, init }, (data, source) => {
        if (data !== '1') return;
        source.reconnect();
        states.push(source.readyState);
      });
      await assert.until(() => data.length === 2);
      (await source).close();
      const { requests, most } = await run.over();
      assert.same([data, errors], [['1', '2'], []], 'events and errors');
      if (face === 'EventSource') assert.same(states, [0], 'readyState');
      assert.same(
        requests.map((request) => [request.method, request.text, request.id, request.by]),
        [undefined, '1'].map((id) => [method, init.body ?? '', id, 'client']),
      );
      oneAtATime(assert, most);
    }
  }),

  'EventSource: reconnect() cuts any wait short, and begins a new row': async ({ api, server, assert }) => {
    const busy = refusal(503, { 'retry-after': '100' });
    const run = await server.script(refusal(500), refusal(500), busy, refusal(500), ONE);
    const retry = { delay: 10_000, jitter: 0, maxAttempts: 2, statuses: [500, 503] };
    const { data, errors, source } = follow({ api, face: 'EventSource', url: run.url, init: { retry } });
    for (let count = 1; count <= 4; count++) {
      await assert.until(() => errors.length === count);
      await assert.settle(count);
      (await source).reconnect();
    }
    await assert.until(() => data.length === 1);
    (await source).close();
    // A second attempt in a row would wait twice as long, and a third would be one too many.
    assert.same(
      errors.map(({ attempt, willRetry, delay }) => [attempt, willRetry, delay]),
      [10_000, 10_000, 100_000, 10_000].map((delay, at) => [at + 1, true, delay]),
    );
    const { requests, most } = await run.over();
    assert.same([requests.length, most], [5, 1], 'requests, and connections at a time');
  },

  'connect: reconnect() cuts a wait short': async ({ api, server, assert }) => {
    const run = await server.script({ body: 'id: 1\ndata: 1\n\n' }, TWO);
    const init = { retry: { delay: 10_000, jitter: 0 } };
    const { data, errors, source } = follow({ api, face: 'connect', url: run.url, init });
    await run.until(({ requests }) => requests.length === 1);
    await assert.until(() => data.length === 1);
    await run.over();
    (await source).reconnect();
    await assert.until(() => data.length === 2);
    (await source).close();
    const { ids, most } = await run.over();
    assert.same([data, errors, ids, most], [['1', '2'], [], [undefined, '1'], 1]);
  },

  'EventSource: reconnect() while it connects': async ({ api, server, assert }) => {
    const run = await server.script({ hold: 'never' }, { hold: 'never' }, ONE);
    const { data, errors, source } = follow({ api, face: 'EventSource', url: run.url });
    for (const count of [1, 2]) {
      await run.until(({ requests }) => requests.length === count);
      (await source).reconnect();
      // Once more is no more.
      (await source).reconnect();
    }
    await assert.until(() => data.length === 1);
    (await source).close();
    const { requests, most } = await run.over();
    assert.same([data, errors], [['1'], []]);
    oneAtATime(assert, most);
    assert.same(
      requests.map(({ by }) => by),
      ['client', 'client', 'client'],
    );
  },

  ...forFaces('reconnect() has no effect once it is closed', async ({ api, server, assert, face }) => {
    const run = await server.script(always(ONE));
    const { data, errors, source, done } = follow({ api, face, url: run.url, init: { retry: AT_ONCE } });
    await assert.until(() => data.length === 1);
    (await source).close();
    (await source).reconnect();
    await done;
    await assert.settle(40);
    (await source).reconnect();
    await assert.settle(40);
    const { requests } = await run.over();
    assert.same([requests.length, data, errors], [1, ['1'], []]);
  }),

  ...forFaces('reconnect() has no effect once it has ended or failed', async ({ api, server, assert, face }) => {
    for (const last of [{ status: 204 }, refusal(404)]) {
      const run = await server.script({ body: 'id: 1\ndata: 1\n\n' }, last, always(ONE));
      const { data, errors, source, done } = follow({ api, face, url: run.url, init: { retry: AT_ONCE } });
      await run.until(({ requests }) => requests.length === 2);
      await done;
      if (face === 'EventSource') await assert.until(() => errors.at(-1)?.willRetry === false);
      (await source).reconnect();
      await assert.settle(40);
      assert.same([(await run.over()).requests.length, data], [2, ['1']]);
    }
  }),
};

const often = {
  ...forFaces('reconnect() again and again, and never two connections', async ({ api, server, assert, face }) => {
    const rounds = 20;
    // What a request or an open stream is at when it is dropped.
    const answers = Array.from({ length: rounds - 1 }, (_, at) => {
      const answer = open(at % 3 ? [`id: ${at}\n`, 'data: x\n\n'][at % 2] : ': \n');
      return at % 4 === 1 ? { ...answer, hold: 'never' } : answer;
    });
    const run = await server.script(open(': \n'), ...answers, always(ONE));
    const { data, errors, source } = follow({ api, face, url: run.url });
    const stream = await source;
    for (let round = 1; round <= rounds; round++) {
      // The server has to know of one, or it might hear of its end later than of the next.
      await run.until((log) => log.requests.length === round && log.open === 1);
      stream.reconnect();
      if (round % 2) stream.reconnect();
    }
    await assert.until(() => data.at(-1) === '1');
    stream.close();
    const { requests, most } = await run.over();
    assert.same([requests.length, errors], [rounds + 1, []], 'requests, errors');
    oneAtATime(assert, most);
  }),

  ...forFaces('reconnect() at any time, and one fetch at a time', async ({ api, server, assert, face }) => {
    const answers = Array.from({ length: 60 }, (_, at) => ({
      body: [`id: ${at}\ndata: ${at}\n\n`, { wait: at % 7 }],
      end: at % 2 ? 'done' : 'fin',
    }));
    const run = await server.script(...answers, always(open('data: last\n\n')));
    let [now, most, made] = [0, 0, 0];
    const counted = (request, init) => {
      made++;
      most = Math.max(most, ++now);
      init.signal.addEventListener('abort', () => now--);
      return fetch(request);
    };
    const retry = { delay: 2, jitter: 0, maxAttempts: Infinity };
    const { data, source } = follow({ api, face, url: run.url, init: { fetch: counted, retry } });
    const stream = await source;
    for (let round = 0; round < 60; round++) {
      await assert.settle(round % 6);
      stream.reconnect();
      if (round % 5 === 0) stream.reconnect();
    }
    await assert.until(() => data.at(-1) === 'last');
    stream.close();
    assert.same([now, most], [0, 1], 'fetches under way, now and at most');
    assert.yes(made > 1, `some attempts, found ${made}`);
    const numbers = data.filter((data) => data !== 'last').map(Number);
    const ordered = numbers.every((number, at) => at === 0 || number > numbers[at - 1]);
    assert.yes(ordered, `each event once, in order, found ${numbers}`);
    const { length } = (await run.over()).requests;
    await assert.settle(40);
    assert.same((await run.log()).requests.length, length, 'requests after the close');
  }),
};

/** A fetch that does not mind its signal. */
const deaf = ({ url, method }) => fetch(url, { method, cache: 'no-store' });

const DEAF = 'a fetch that does not mind its signal: ';

/** `leave` ends a connection over that fetch: the server sees all that was opened closed by the client. */
function leaves(name, answer, leave) {
  return {
    [DEAF + name]: async ({ api, server, assert }) => {
      const run = await server.script(always(answer));
      const requests = await leave({ api, assert, run });
      const log = await run.until((log) => log.requests.length >= requests && log.open === 0);
      assert.same(
        log.requests.map(({ by }) => by),
        Array.from({ length: requests }, () => 'client'),
      );
    },
  };
}

const LATE = { hold: 'late', ...ONE };
const init = { fetch: deaf, retry: { delay: 1e6, jitter: 0 } };
const first = (source, type) => new Promise((done) => (source[`on${type}`] = done));

const ignoring = {
  ...leaves('close() before the response', LATE, async ({ api, run }) => {
    const source = new api.EventSource(run.url, init);
    await run.until(({ open }) => open === 1);
    source.close();
    await run.open('late');
    return 1;
  }),
  ...leaves('close() while it reads', ONE, async ({ api, run }) => {
    const source = new api.EventSource(run.url, init);
    await first(source, 'message');
    source.close();
    return 1;
  }),
  ...leaves('an abort before the response', LATE, async ({ api, run, assert }) => {
    const controller = new AbortController();
    const connecting = api.connect(run.url, { ...init, signal: controller.signal });
    await run.until(({ open }) => open === 1);
    controller.abort();
    assert.same((await assert.rejection(connecting)).code, 'aborted');
    await run.open('late');
    return 1;
  }),
  ...leaves('break', ONE, async ({ api, run, assert }) => {
    for await (const { data } of await api.connect(run.url, init)) {
      assert.same(data, '1');
      break;
    }
    return 1;
  }),
  ...leaves('connectTimeout', LATE, async ({ api, run }) => {
    const source = new api.EventSource(run.url, { ...init, connectTimeout: 600 });
    const { error } = await first(source, 'error');
    if (error.code !== 'connect-timeout') throw new Error(`expected connect-timeout, found ${error}`);
    source.close();
    await run.open('late');
    return 1;
  }),
  ...leaves('idleTimeout', ONE, async ({ api, run }) => {
    const source = new api.EventSource(run.url, { ...init, idleTimeout: 300 });
    const { error } = await first(source, 'error');
    if (error.code !== 'idle-timeout') throw new Error(`expected idle-timeout, found ${error}`);
    source.close();
    return 1;
  }),
  ...leaves('reconnect()', ONE, async ({ api, run }) => {
    const source = new api.EventSource(run.url, init);
    await first(source, 'message');
    source.reconnect();
    await first(source, 'message');
    source.close();
    return 2;
  }),
  ...leaves('a refusal that never ends', { ...refusal(404), body: ['some', { gate: 'never' }] }, async (context) => {
    const { api, run, assert } = context;
    assert.same((await assert.rejection(api.connect(run.url, init))).body, 'some');
    return 1;
  }),
};

/** For whom a body that is cancelled does not close its socket by itself. */
const nextBytes = {
  'what a deaf fetch has left open is closed with the next bytes': async ({ api, server, assert }) => {
    const body = ['data: 1\n\n', { gate: 'more' }, ': more\n', { wait: 50 }, ': more\n', { gate: 'never' }];
    const run = await server.script(always({ body }));
    for await (const { data } of await api.connect(run.url, init)) {
      assert.same(data, '1');
      break;
    }
    await run.open('more');
    const { requests } = await run.until(({ open }) => open === 0);
    assert.same(
      requests.map(({ by }) => by),
      ['client'],
    );
  },
};

/** Of the checks above. */
export const deafChecks = Object.keys(ignoring);

export const reconnecting = { ...once, ...often, ...ignoring, ...nextBytes };
