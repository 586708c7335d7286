// What steers a connection beyond the standard: a policy that is a function, limits of time, reconnect(), and iteration.

import { attempts, AT_ONCE, dataOf, forFaces, read } from './faces.mjs';
import { always } from './remote.mjs';

const A = 'id: 1\ndata: a\n\n';
const B = 'id: 2\ndata: b\n\n';
const C = 'id: 3\ndata: c\n\n';
const open = (text) => ({ body: [text, { gate: 'never' }] });
const refusal = (status) => ({ status, headers: { 'content-type': 'text/plain' }, body: 'no' });
// Long enough for a busy machine to answer within, where there is an answer.
const LIMIT = 400;

const policy = {
  ...forFaces('a function refreshes a token, and a POST that was refused is sent again', async (context) => {
    const { server, assert } = context;
    const run = await server.script(refusal(401), { body: A });
    let token = 'old';
    const asked = [];
    const retry = async ({ status, error, attempt, delay }) => {
      asked.push([status ?? error.code, attempt, delay]);
      if (status !== 401) return false;
      token = 'new';
      return 0;
    };
    const init = { method: 'POST', body: 'prompt', headers: () => ({ 'x-token': token }), retry };
    const found = await read({ ...context, url: run.url, init });
    assert.same(dataOf(found), ['a']);
    const { requests } = await run.log();
    assert.same(
      requests.map((request) => [request.method, request.body, request.header('x-token')]),
      [
        ['POST', 'prompt', 'old'],
        ['POST', 'prompt', 'new'],
      ],
    );
    assert.same(asked[0], [401, 1, false]);
  }),

  ...forFaces('a function that fails, or gives no time, ends the connection with its reason', async (context) => {
    const { server, assert } = context;
    const mine = new Error('mine');
    for (const retry of [() => 'soon', () => NaN, () => -1, () => undefined, async () => Promise.reject(mine)]) {
      const run = await server.script(always(refusal(503)));
      const { error } = await read({ ...context, url: run.url, init: { retry } });
      assert.same([error.code, error.willRetry, error.status], ['invalid-request', false, 503]);
      assert.yes(error.cause === mine || error.cause instanceof TypeError, `a cause, found ${error.cause}`);
      const { requests } = await run.log();
      assert.same(requests.length, 1, 'the number of requests');
    }
  }),

  ...forFaces(
    'a function is not asked about a POST that may have been carried out, nor about a 204',
    async (context) => {
      const { server, assert } = context;
      let asked = 0;
      const init = { retry: () => (asked++, 0) };
      // Once the event has been read: what is reset before may be lost.
      const cut = await server.script({ body: ['data: a\n\n', { gate: 'cut' }], end: 'reset' });
      const until = () => void cut.open('cut');
      const { events } = await read({ ...context, url: cut.url, init: { ...init, method: 'POST', body: 'x' }, until });
      assert.same(
        events.map(({ data }) => data),
        ['a'],
      );
      const quiet = await server.script({ status: 204 });
      await read({ ...context, url: quiet.url, init });
      assert.same([asked, (await cut.log()).requests.length, (await quiet.log()).requests.length], [0, 1, 1]);
    },
  ),
};

const limits = {
  ...forFaces('connectTimeout: a server that does not answer is given up, and asked again', async (context) => {
    const { face, server, assert } = context;
    const run = await server.script({ hold: 'never' }, { ...open(A), forever: true });
    const init = { connectTimeout: LIMIT, retry: AT_ONCE };
    const found = await read({ ...context, url: run.url, init, until: () => true });
    assert.same(dataOf(found), ['a']);
    if (face === 'EventSource')
      assert.same([found.errors[0].code, found.errors[0].willRetry], ['connect-timeout', true]);
    await run.over();
  }),

  ...forFaces('connectTimeout: the policy’s limits count', async (context) => {
    const { server, assert } = context;
    const run = await server.script(always({ hold: 'never' }));
    const { error } = await read({ ...context, url: run.url, init: { connectTimeout: LIMIT, retry: attempts(2) } });
    assert.same([error.code, error.attempt], ['retries-exhausted', 2]);
    await run.over();
    assert.same((await run.log()).requests.length, 2, 'the number of requests');
  }),

  ...forFaces('idleTimeout: a stream that hangs within an event is gone on with from the last id', async (context) => {
    const { face, server, assert } = context;
    const hangs = { body: [`${A}data: unfin`, { gate: 'never' }] };
    const run = await server.script(hangs, { ...open(B), forever: true });
    const until = ({ data }) => data === 'b';
    const found = await read({ ...context, url: run.url, init: { idleTimeout: LIMIT, retry: AT_ONCE }, until });
    assert.same(dataOf(found), ['a', 'b']);
    if (face === 'EventSource') assert.same(found.errors[0].code, 'idle-timeout');
    await run.over();
    const { requests } = await run.log();
    assert.same([requests[0].id, requests[1].id], [undefined, '1']);
  }),
};

const anew = {
  'EventSource: reconnect() while it waits and while it is open': async ({ api, server, assert }) => {
    const run = await server.script({ body: A }, open(B), open(C));
    const source = new api.EventSource(run.url, { retry: { delay: 1e6, jitter: 0 } });
    const seen = [];
    source.onerror = ({ error }) => {
      seen.push(error.code);
      source.reconnect();
    };
    await new Promise((done) => {
      source.onmessage = ({ data }) => {
        seen.push(data);
        if (data === 'b') source.reconnect();
        if (data === 'c') done();
      };
    });
    source.close();
    source.reconnect();
    await run.over();
    await assert.settle(40);
    assert.same([seen, source.readyState], [['a', 'stream-ended', 'b', 'c'], 2]);
    const { requests } = await run.log();
    assert.same(
      requests.map(({ id }) => id),
      [undefined, '1', '2'],
    );
  },

  'connect: reconnect() within the loop': async ({ api, server, assert }) => {
    const run = await server.script(open(A), open(B));
    const stream = await api.connect(run.url, { retry: AT_ONCE });
    const seen = [];
    for await (const { data } of stream) {
      seen.push(data);
      if (data === 'b') break;
      stream.reconnect();
    }
    await run.over();
    const { requests } = await run.log();
    assert.same(
      [seen, requests.map(({ id }) => id)],
      [
        ['a', 'b'],
        [undefined, '1'],
      ],
    );
  },

  ...forFaces('a fetch that does not mind its signal leaves nothing open', async ({ api, face, server, assert }) => {
    const run = await server.script({ ...open(A), hold: 'later' });
    const closing = new AbortController();
    const init = { fetch: ({ url }) => globalThis.fetch(url), signal: closing.signal };
    const failed = new Promise((done) => {
      if (face === 'connect') api.connect(run.url, init).catch(done);
      else new api.EventSource(run.url, init).onerror = ({ error }) => done(error);
    });
    await run.until((log) => log.open === 1);
    closing.abort();
    assert.same((await failed).code, 'aborted');
    await run.open('later');
    await run.over();
  }),
};

const iteration = {
  'EventSource: as an async iterable it gives each event once, and leaving it closes the connection': async (
    context,
  ) => {
    const { api, server, assert } = context;
    const run = await server.script({ body: A }, open(B));
    const source = new api.EventSource(run.url, { retry: AT_ONCE });
    const [seen, heard] = [[], []];
    source.onmessage = ({ data }) => heard.push(data);
    for await (const { data } of source) if (seen.push(data) === 2) break;
    await run.over();
    assert.same([seen, heard, source.readyState], [['a', 'b'], ['a', 'b'], 2]);
    assert.same((await run.log()).requests.length, 2, 'the number of requests');
  },

  'EventSource: an iteration ends behind a 204, and throws what ended the connection': async ({
    api,
    server,
    assert,
  }) => {
    const run = await server.script({ body: A });
    const seen = [];
    for await (const { data } of new api.EventSource(run.url, { retry: AT_ONCE })) seen.push(data);
    assert.same(seen, ['a']);
    const refused = await server.script(always(refusal(404)));
    let code;
    try {
      for await (const event of new api.EventSource(refused.url)) seen.push(event);
    } catch (error) {
      code = error.code;
    }
    assert.same([code, seen.length], ['http-status', 1]);
  },
};

export const steering = { ...policy, ...limits, ...anew, ...iteration };
