// What is sent, and how often.

import { attempts, forFaces, AT_ONCE, dataOf, read } from './faces.mjs';
import { always } from './remote.mjs';

// Before a byte of the response.
const RESET = { raw: '', end: 'reset' };
const BROKEN = { body: [': \n\n', { wait: 5 }], end: 'reset' };
const WITH_ID = { body: 'id: 1\ndata: a\n\n' };
const BARE = { body: 'data: a\n\n' };

const sent = {
  ...forFaces('a GET as the standard says', async ({ api, server, assert, face }) => {
    const run = await server.script(WITH_ID);
    await read({ api, face, url: run.url, init: { retry: AT_ONCE } });
    const { requests } = await run.log();
    assert.same(
      requests.map(({ method, text, header, id }) => [method, text, header('accept'), id]),
      [
        ['GET', '', 'text/event-stream', undefined],
        ['GET', '', 'text/event-stream', '1'],
      ],
    );
  }),

  ...forFaces('lastEventId is where it begins', async ({ api, server, assert, face }) => {
    const run = await server.script(BARE);
    const { events } = await read({ api, face, url: run.url, init: { retry: AT_ONCE, lastEventId: 'von hier: 前' } });
    assert.same(
      events.map(({ lastEventId }) => lastEventId),
      ['von hier: 前'],
    );
    assert.same((await run.log()).ids, ['von hier: 前', 'von hier: 前']);
  }),

  ...forFaces('headers and body functions run for every attempt', async ({ api, server, assert, face }) => {
    const run = await server.script(WITH_ID, BROKEN, { body: 'id: 2\ndata: b\n\n' });
    const made = [];
    const init = {
      method: 'POST',
      headers: async (attempt) => {
        await assert.settle(1);
        made.push(`h${attempt}`);
        return { authorization: `Bearer ${attempt}` };
      },
      body: (attempt) => (made.push(`b${attempt}`), `body ${attempt}`),
      retry: AT_ONCE,
    };
    assert.same(dataOf(await read({ api, face, url: run.url, init })), ['a', 'b']);
    assert.same(made, ['h1', 'b1', 'h2', 'b2', 'h3', 'b3', 'h4', 'b4']);
    const { requests } = await run.log();
    assert.same(
      requests.map(({ header, text, id }) => [header('authorization'), text, id]),
      [undefined, '1', '1', '2'].map((id, at) => [`Bearer ${at + 1}`, `body ${at + 1}`, id]),
    );
  }),

  ...forFaces('a headers function that throws or rejects sends nothing', async ({ api, server, assert, face }) => {
    const run = await server.script(WITH_ID);
    const thrown = new RangeError('no token');
    for (const headers of [
      () => Promise.reject(thrown),
      () => {
        throw thrown;
      },
    ]) {
      const { error } = await read({ api, face, url: run.url, init: { headers } });
      assert.same([error.code, error.willRetry, error.attempt], ['invalid-request', false, 1]);
      assert.yes(error.cause === thrown, 'what was thrown as the cause');
    }
    assert.same((await run.over()).requests, []);
  }),
};

/** A POST ends with this code (undefined for a quiet end) after one request. */
function once(name, answer, code, init = {}) {
  return forFaces(name, async ({ api, server, assert, face }) => {
    const run = await server.script(answer, WITH_ID);
    const retry = { ...AT_ONCE, statuses: [503] };
    const { error } = await read({ api, face, url: run.url, init: { method: 'POST', body: 'x', retry, ...init } });
    assert.same(error?.code, face === 'EventSource' ? (code ?? 'stream-ended') : code, 'the code');
    if (error) assert.same(error.willRetry, false, 'willRetry');
    assert.same((await run.over()).requests.length, 1, 'the number of requests');
  });
}

const waitThenReset = (body) => ({ body: [body, { wait: 5 }], end: 'reset' });

const replay = {
  ...once('a POST that is reset before the response is not sent again', RESET, 'network'),
  ...once('a POST that gets 503 is not sent again', { status: 503, body: 'no' }, 'http-status'),
  ...once('a POST whose stream has no id is not sent again after a reset', waitThenReset('data: a\n\n'), 'network'),
  ...once('a POST whose stream has no id is not sent again after its end', BARE, undefined),
  ...once('a POST that began with an id of the caller’s is not sent again', waitThenReset('data: a\n\n'), 'network', {
    lastEventId: 'mine',
  }),
  ...once('resume: never, and a GET is not sent again either', WITH_ID, undefined, {
    method: 'GET',
    body: undefined,
    resume: 'never',
  }),

  ...forFaces('a POST with ids is sent again, with its body and the id', async ({ api, server, assert, face }) => {
    const run = await server.script(WITH_ID, BROKEN, { body: 'id: 2\ndata: b\n\n' });
    const init = { method: 'POST', body: new TextEncoder().encode('again: 漢'), retry: AT_ONCE };
    assert.same(dataOf(await read({ api, face, url: run.url, init })), ['a', 'b']);
    const { requests } = await run.log();
    assert.same(
      requests.map(({ method, text, id }) => [method, text, id]),
      [undefined, '1', '1', '2'].map((id) => ['POST', 'again: 漢', id]),
    );
  }),

  ...forFaces('a GET that is reset before the response is sent again by the policy', async (context) => {
    const { api, server, assert, face } = context;
    const run = await server.script(always(RESET));
    const { error } = await read({ api, face, url: run.url, init: { retry: attempts(4) } });
    assert.same([error.code, error.attempt, error.willRetry], ['retries-exhausted', 4, false]);
    const { requests, most } = await run.over();
    assert.same([requests.length, most], [4, 1], 'requests, and connections at a time');
  }),

  ...forFaces(
    'a POST that is reset on a kept socket is sent again only by the policy',
    async ({ api, server, assert, face }) => {
      const run = await server.script(WITH_ID, RESET);
      const init = { method: 'POST', body: 'x', retry: { ...AT_ONCE, maxAttempts: 2 } };
      const { error } = await read({ api, face, url: run.url, init });
      assert.same(error.code, 'retries-exhausted');
      const { requests } = await run.over();
      assert.same(
        requests.map(({ socket }) => socket),
        [1, 1],
        'the sockets used',
      );
    },
  ),

  ...forFaces('resume: always sends a POST again', async ({ api, server, assert, face }) => {
    const run = await server.script(BROKEN, BARE);
    const init = { method: 'POST', body: 'x', resume: 'always', retry: AT_ONCE };
    assert.same(dataOf(await read({ api, face, url: run.url, init })), ['a']);
    assert.same(
      (await run.log()).requests.map(({ text }) => text),
      ['x', 'x', 'x'],
    );
  }),

  ...forFaces('a body that is a stream is sent once', async ({ api, server, assert, face }) => {
    const run = await server.script(WITH_ID, WITH_ID);
    const { error, events } = await read({ api, face, url: run.url, init: { body: streamOf('once'), retry: AT_ONCE } });
    assert.same(events.length, 1);
    assert.same([error.code, error.willRetry], ['no-replay', false]);
    assert.same(
      (await run.over()).requests.map(({ method, text }) => [method, text]),
      [['POST', 'once']],
    );
  }),

  ...forFaces('a body that is a stream is never sent as anything else', async ({ api, server, assert, face }) => {
    const run = await server.script(WITH_ID);
    const { error } = await read({ api, face, url: run.url, init: { body: streamOf('once'), retry: AT_ONCE } });
    // Where it cannot be sent, that is an error of the request, or of the network (Chromium, over HTTP/1.1).
    const codes = ['no-replay', 'invalid-request', 'network'];
    assert.yes(codes.includes(error.code) && !error.willRetry, `one of ${codes}, and no retry, found ${error.code}`);
    const { requests } = await run.over();
    for (const { text } of requests) assert.same(text, 'once', 'the body');
  }),

  ...forFaces('a function makes a new stream for each attempt', async ({ api, server, assert, face }) => {
    const run = await server.script(WITH_ID);
    const body = (attempt) => streamOf(`body ${attempt}`);
    await read({ api, face, url: run.url, init: { method: 'POST', body, retry: AT_ONCE } });
    assert.same(
      (await run.log()).requests.map(({ text }) => text),
      ['body 1', 'body 2'],
    );
  }),
};

function streamOf(text) {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });
}

export const requests = { ...sent, ...replay };
