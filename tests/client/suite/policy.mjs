// A retry policy that is a function: what it is told, what its answer does, and when it is not asked.

import { dataOf, forFaces, read } from './faces.mjs';
import { always } from './remote.mjs';

const EVENT = { body: 'id: 1\ndata: a\n\n' };
const BARE = { body: 'data: a\n\n' };
const refusal = (status, more = {}) => ({ status, headers: { 'content-type': 'text/plain' }, body: 'no', ...more });
/** Breaks off once the client says that it has the event. */
const cut = (body) => ({ body: [body, { gate: 'seen' }], end: 'reset' });
const seen = (run) => () => void run.open('seen');

const MAX = 2 ** 31 - 1;
const EARLY_MS = 2;

/** A 401 is answered by another token; `refresh` says how. */
function refreshes(name, refresh) {
  return forFaces(`a 401, a token that is refreshed ${name}, and 200`, async ({ api, server, assert, face }) => {
    for (const method of ['GET', 'POST']) {
      for (const resume of ['auto', 'never']) {
        const run = await server.script(refusal(401), always(BARE));
        const asked = [];
        let token = 'stale';
        const init = {
          method,
          body: method === 'POST' ? 'prompt' : undefined,
          resume,
          headers: () => ({ authorization: `Bearer ${token}` }),
          retry: ({ attempt, status }) => {
            asked.push([attempt, status]);
            return refresh(assert, () => (token = 'fresh'));
          },
        };
        const found = await read({ api, face, url: run.url, init, until: () => true });
        assert.same([dataOf(found), asked], [['a'], [[1, 401]]], `what ${method} has got and asked, resume ${resume}`);
        const { requests, most } = await run.over();
        assert.same(
          requests.map((request) => [request.method, request.text, request.header('authorization')]),
          ['stale', 'fresh'].map((name) => [method, init.body ?? '', `Bearer ${name}`]),
        );
        assert.same(most, 1, 'connections at a time');
      }
    }
  });
}

const decides = {
  ...refreshes('at once', (assert, refresh) => (refresh(), 0)),
  ...refreshes('later', async (assert, refresh) => {
    await assert.settle(5);
    refresh();
    return 0;
  }),

  ...forFaces('false gives up, at once or later', async ({ api, server, assert, face }) => {
    for (const retry of [() => false, async () => false]) {
      const run = await server.script(always(refusal(503)));
      const { error } = await read({ api, face, url: run.url, init: { retry } });
      assert.same(
        [error.code, error.status, error.body, error.willRetry, error.attempt],
        ['http-status', 503, 'no', false, 1],
      );
      assert.same((await run.over()).requests.length, 1, 'the number of requests');
    }
  }),

  ...forFaces('false after a stream that ended in peace is a quiet end', async ({ api, server, assert, face }) => {
    const run = await server.script(always(EVENT));
    const found = await read({ api, face, url: run.url, init: { retry: () => false } });
    assert.same(dataOf(found), ['a']);
    if (face === 'connect') assert.same(found.error, null);
    else assert.same([found.error.code, found.error.willRetry, found.error.state], ['stream-ended', false, 2]);
    assert.same((await run.over()).requests.length, 1, 'the number of requests');
  }),

  ...forFaces('what it throws, and any other answer, ends it', async ({ api, server, assert, face }) => {
    const thrown = new RangeError('no token');
    const throws = [
      () => {
        throw thrown;
      },
      () => Promise.reject(thrown),
    ];
    const others = [NaN, -1, undefined, null, true, '5'].map((value) => () => value);
    for (const retry of [...throws, ...others, async () => NaN]) {
      const run = await server.script(always(refusal(401)));
      const { error } = await read({ api, face, url: run.url, init: { retry } });
      assert.same(
        [error.code, error.status, error.willRetry, error.attempt],
        ['invalid-request', 401, false, 1],
        `what follows ${retry}`,
      );
      if (throws.includes(retry)) assert.yes(error.cause === thrown, `what was thrown as the cause, found ${error}`);
      else assert.yes(/expected retry to give/.test(error.cause.message), `a cause, found ${error.cause}`);
      assert.same((await run.over()).requests.length, 1, 'the number of requests');
    }
  }),

  ...forFaces('it says how long to wait, whatever the stream has said', async ({ api, server, assert, face }) => {
    const run = await server.script({ body: 'retry: 100000\nid: 1\ndata: a\n\n' }, refusal(500));
    const found = await read({ api, face, url: run.url, init: { retry: ({ attempt }) => attempt * 60 } });
    assert.same(dataOf(found), ['a']);
    const { gaps } = await run.over();
    assert.same(gaps.length, 2);
    gaps.forEach((gap, at) => assert.yes(gap >= (at + 1) * 60 - EARLY_MS, `${(at + 1) * 60} ms, found ${gap}`));
  }),

  'what it says is clamped to what a timer can hold': async ({ api, server, assert }) => {
    for (const [given, delay] of [
      [Infinity, MAX],
      [2 ** 31, MAX],
      [2 ** 40, MAX],
      [100_000.9, 100_000],
    ]) {
      const run = await server.script(always(refusal(500)));
      const source = new api.EventSource(run.url, { retry: async () => given });
      const error = await new Promise((done) => (source.onerror = (event) => done(event.error)));
      assert.same([error.code, error.willRetry, error.delay], ['http-status', true, delay]);
      await assert.settle(60);
      source.close();
      assert.same((await run.over()).requests.length, 1, 'the number of requests');
    }
  },
};

const context = forFaces('it is told all that is known', async ({ api, server, assert, face }) => {
  const run = await server.script(
    cut('id: 7\ndata: a\n\n'),
    refusal(503, { headers: { 'content-type': 'text/plain', 'retry-after': '7' } }),
    { headers: { 'content-type': 'text/html' }, body: '<p>' },
    { body: ': nothing\n\n' },
    refusal(418),
  );
  const asked = [];
  const retry = (context) => (asked.push(context), 0);
  await read({ api, face, url: run.url, init: { retry }, until: seen(run) });
  const isRetried = face === 'connect';
  assert.same(
    asked.map(({ attempt, attemptsInRow, error, status, response, lastEventId, delay }) => {
      // The backoff is random, up to three seconds and what it grows to.
      const wait = delay === false || delay === 7000 ? delay : delay >= 0 && delay <= 30_000;
      const isTold = error.attempt === attempt && error.willRetry === (delay !== false) && error.status === status;
      return [attempt, attemptsInRow, error.code, status, response?.status, error.body, lastEventId, wait, isTold];
    }),
    [
      // The stream has delivered: a new row.
      [1, 1, 'network', undefined, undefined, undefined, '7', true, true],
      [2, 2, 'http-status', 503, 503, 'no', '7', isRetried && 7000, true],
      [3, 3, 'content-type', 200, 200, '<p>', '7', false, true],
      [4, 4, 'stream-ended', undefined, undefined, undefined, '7', true, true],
      [5, 5, 'http-status', 418, 418, 'no', '7', false, true],
    ],
  );
  for (const { elapsed, error } of asked) {
    assert.yes(elapsed >= 0, `the time since the row began, found ${elapsed}`);
    assert.yes(error instanceof api.EventSourceError, `an EventSourceError, found ${error}`);
  }
  // 204 after them.
  assert.same((await run.over()).ids, [undefined, '7', '7', '7', '7', '7']);
});

/** It ends with this code (undefined for a quiet end of `connect`) without a question. */
function unasked(name, answer, code, { init = {}, requests = 1 } = {}) {
  return forFaces(`it is not asked after ${name}`, async ({ api, server, assert, face }) => {
    const run = await server.script(answer, always(EVENT));
    const asked = [];
    const given = typeof init === 'function' ? init() : init;
    const retry = ({ error }) => (asked.push(error.code), 0);
    const { error } = await read({ api, face, url: run.url, init: { retry, ...given }, until: seen(run) });
    assert.same(asked, [], 'what it was asked');
    if (code !== undefined || face === 'EventSource') {
      const codes = [code ?? ['http-status', 'stream-ended']].flat();
      assert.yes(codes.includes(error.code) && !error.willRetry, `one of ${codes} for good, found ${error}`);
    } else assert.same(error, null);
    const { length } = (await run.over()).requests;
    assert.yes(length <= requests, `at most ${requests} request, found ${length}`);
  });
}

const POST = { method: 'POST', body: 'pay' };
const streamOf = (text) => new Response(text).body;

const asking = {
  ...unasked('a 204', { status: 204 }),
  ...unasked('an abort', always(EVENT), 'aborted', { init: { signal: AbortSignal.abort() }, requests: 0 }),
  ...unasked('a POST without an id that broke off', cut('data: a\n\n'), 'network', { init: POST }),
  ...unasked('a POST without an id that ended', BARE, undefined, { init: POST }),
  ...unasked('a POST that got no response', { hold: 'never' }, 'connect-timeout', {
    init: { ...POST, connectTimeout: 100 },
  }),
  ...unasked('a stream that broke off where resume is never', cut(EVENT.body), 'network', {
    init: { resume: 'never' },
  }),
  // Where a stream cannot be sent, that is an error of the request, or of the network (Chromium, over HTTP/1.1).
  ...unasked('a refusal of a body that was a stream', refusal(401), ['http-status', 'invalid-request', 'network'], {
    init: () => ({ method: 'POST', body: streamOf('once') }),
  }),

  ...forFaces('it is asked after a POST with ids that broke off or ended', async ({ api, server, assert, face }) => {
    const run = await server.script(cut('id: 1\ndata: a\n\n'), { body: 'id: 2\ndata: b\n\n' });
    const asked = [];
    const retry = ({ error, lastEventId }) => (asked.push([error.code, lastEventId]), 0);
    const found = await read({ api, face, url: run.url, init: { ...POST, retry }, until: seen(run) });
    assert.same(dataOf(found), ['a', 'b']);
    assert.same(asked, [
      ['network', '1'],
      ['stream-ended', '2'],
    ]);
    assert.same(
      (await run.over()).requests.map(({ method, text, id }) => [method, text, id]),
      [undefined, '1', '2'].map((id) => ['POST', 'pay', id]),
    );
  }),

  ...forFaces('it is asked after a headers function that throws', async ({ api, server, assert, face }) => {
    const run = await server.script(BARE);
    const asked = [];
    const retry = ({ error }) => (asked.push([error.code, error.cause]), asked.length < 2 && 0);
    const headers = (attempt) => (attempt === 1 ? Promise.reject('no token') : { 'x-token': 'there' });
    const found = await read({ api, face, url: run.url, init: { ...POST, headers, retry, resume: 'never' } });
    assert.same(dataOf(found), ['a']);
    assert.same(asked, [['invalid-request', 'no token']]);
    assert.same(
      (await run.over()).requests.map(({ header }) => header('x-token')),
      ['there'],
    );
  }),

  ...forFaces('it is asked after an event that is too large, and may go on', async ({ api, server, assert, face }) => {
    const run = await server.script(
      { body: ['id: 1\ndata: a\n\n', `id: 2\ndata: ${'x'.repeat(500)}\n\nid: 3\ndata: lost\n\n`, { gate: 'never' }] },
      { body: 'id: 2\ndata: b\n\n' },
    );
    const asked = [];
    const retry = ({ error, lastEventId, delay }) => {
      asked.push([error.code, lastEventId, delay]);
      return error.code === 'event-too-large' ? 0 : false;
    };
    const found = await read({ api, face, url: run.url, init: { retry, maxEventSize: 200 } });
    assert.same(dataOf(found), ['a', 'b']);
    assert.same(
      asked.map(([code, id]) => [code, id]),
      [
        ['event-too-large', '1'],
        ['stream-ended', '2'],
      ],
    );
    assert.same(asked[0][2], false, 'what the default policy would do');
    assert.same((await run.over()).ids, [undefined, '1']);
  }),

  'connect: it is asked as long as it goes on, also where the default policy would give up': async (context) => {
    const { api, server, assert } = context;
    const run = await server.script(...Array.from({ length: 8 }, () => refusal(503)), EVENT);
    const delays = [];
    const retry = ({ delay }) => (delays.push(delay !== false), 0);
    assert.same(dataOf(await read({ api, face: 'connect', url: run.url, init: { retry } })), ['a']);
    assert.same(delays, [true, true, true, true, false, false, false, false, true]);
    assert.same((await run.over()).requests.length, 10, 'the number of requests');
  },
};

/** A question is open: `leave` ends it, and nothing is sent. */
function openQuestion(name, leave) {
  return forFaces(`while it is asked, ${name}`, async ({ api, server, assert, face }) => {
    const run = await server.script(refusal(401), always({ body: ['id: 1\ndata: a\n\n', { gate: 'never' }] }));
    const asked = [];
    const controller = new AbortController();
    let ask;
    const isAsked = new Promise((done) => (ask = done));
    const retry = ({ status }) => (asked.push(status), ask(), new Promise(() => undefined));
    await leave({ api, face, assert, run, isAsked, controller, init: { retry, signal: controller.signal } });
    const { requests } = await run.over();
    assert.same([asked, requests.length], [[401], 1], 'what it was asked, and the number of requests');
  });
}

const thinking = {
  ...openQuestion('an abort ends it', async ({ api, face, assert, run, isAsked, controller, init }) => {
    const reading = read({ api, face, url: run.url, init });
    await isAsked;
    controller.abort('enough');
    const { error, errors } = await reading;
    assert.same([error.code, error.cause, error.willRetry], ['aborted', 'enough', false]);
    if (face === 'EventSource') assert.same(errors.length, 1, 'the errors told');
  }),

  'EventSource: while it is asked, close() ends it and reconnect() goes on': async ({ api, server, assert }) => {
    const run = await server.script(refusal(401), { body: 'id: 1\ndata: a\n\n' }, always(refusal(401)));
    const [asked, told] = [[], []];
    let ask;
    const retry = ({ attempt, error }) => (asked.push([attempt, error.code]), ask(), new Promise(() => undefined));
    const question = () => new Promise((done) => (ask = done));
    let next = question();
    const source = new api.EventSource(run.url, { retry });
    source.onerror = ({ error }) => told.push(error.code);
    source.onmessage = ({ data }) => told.push(data);
    await next;
    assert.same([source.readyState, told], [0, []]);
    next = question();
    source.reconnect();
    await next;
    source.close();
    await assert.settle(40);
    assert.same(
      [asked, told],
      [
        [
          [1, 'http-status'],
          [2, 'stream-ended'],
        ],
        ['a'],
      ],
    );
    assert.same((await run.over()).requests.length, 2, 'the number of requests');
  },
};

export const policy = { ...decides, ...context, ...asking, ...thinking };
