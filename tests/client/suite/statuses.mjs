// Responses that open no stream, and redirects.

import { attempts, forFaces, AT_ONCE, dataOf, read } from './faces.mjs';
import { always } from './remote.mjs';

const refusal = (status, more = {}) => ({ status, headers: { 'content-type': 'text/plain' }, body: 'no', ...more });
const EVENT = { body: 'id: 1\ndata: a\n\n' };

/** It fails for good after this one response, with what it was. */
function final(name, answer, details, init = {}) {
  return forFaces(name, async ({ api, server, assert, face }) => {
    const run = await server.script(always(answer));
    const { events, error } = await read({ api, face, url: run.url, init: { retry: { delay: 0 }, ...init } });
    assert.same(events, []);
    assert.yes(error instanceof api.EventSourceError, `an EventSourceError, found ${error}`);
    const expected = { body: 'no', attempt: 1, willRetry: false, ...details };
    for (const [key, value] of Object.entries(expected)) assert.same(error[key], value, key);
    assert.same(error.response?.status, expected.status, 'the status of the response');
    assert.same((await run.over()).requests.length, 1, 'the number of requests');
  });
}

const typed = (type) => ({ headers: { 'content-type': type }, body: 'no' });

const refused = {
  ...final('200 with another type', typed('text/html'), { code: 'content-type', status: 200 }),
  ...final('200 with a type that only begins so', typed('text/event-streams'), { code: 'content-type', status: 200 }),
  ...final('200 without a type', typed(null), { code: 'content-type', status: 200 }),
  ...Object.assign(
    {},
    ...[201, 206, 400, 401, 403, 404, 410].map((status) =>
      final(`${status}`, refusal(status), { code: 'http-status', status }),
    ),
  ),
  ...final(
    '201 with the right type',
    { status: 201, ...EVENT },
    { code: 'http-status', status: 201, body: EVENT.body },
  ),

  ...forFaces('the type is compared without case and parameters', async ({ api, server, assert, face }) => {
    const run = await server.script({ headers: { 'content-type': 'Text/Event-STREAM;charset=utf-8' }, ...EVENT });
    assert.same(dataOf(await read({ api, face, url: run.url, init: { retry: AT_ONCE } })), ['a']);
  }),

  ...forFaces('204 ends in peace', async ({ api, server, assert, face }) => {
    const run = await server.script(EVENT);
    const found = await read({ api, face, url: run.url, init: { retry: AT_ONCE } });
    assert.same(dataOf(found), ['a']);
    const last = found.errors.at(-1);
    if (face === 'EventSource')
      assert.same([last.code, last.status, last.willRetry, last.state], ['http-status', 204, false, 2]);
    else assert.same(found.error, null);
    assert.same((await run.over()).ids, [undefined, '1']);
  }),

  'EventSource: 500, 503 and 429 are final, as the standard says': async ({ api, server, assert }) => {
    for (const status of [500, 503, 429]) {
      const run = await server.script(always(refusal(status)));
      const { error } = await read({ api, face: 'EventSource', url: run.url, init: { retry: { delay: 0 } } });
      assert.same([error.code, error.status, error.body], ['http-status', status, 'no']);
      assert.same((await run.over()).requests.length, 1, 'the number of requests');
    }
  },

  'connect: 408, 425, 429, 500, 502, 503 and 504 are tried again': async ({ api, server, assert }) => {
    const statuses = [408, 425, 429, 500, 502, 503, 504];
    const run = await server.script(...statuses.map((status) => refusal(status)), EVENT);
    const found = await read({ api, face: 'connect', url: run.url, init: { retry: AT_ONCE } });
    assert.same([found.error, dataOf(found)], [null, ['a']]);
    const { requests, most } = await run.log();
    assert.same([requests.length, most], [statuses.length + 2, 1], 'requests, and connections at a time');
  },

  'connect: a status that stays is given up after maxAttempts': async ({ api, server, assert }) => {
    const run = await server.script(always(refusal(500)));
    const { error } = await read({ api, face: 'connect', url: run.url, init: { retry: attempts(3) } });
    assert.same([error.code, error.status, error.body, error.attempt], ['retries-exhausted', 500, 'no', 3]);
    assert.same((await run.over()).requests.length, 3, 'the number of requests');
  },

  ...forFaces(
    'a refusal’s body that is large or never ends is not waited for',
    async ({ api, server, assert, face }) => {
      const large = refusal(404, { body: ['x'.repeat(200_000), { gate: 'never' }] });
      const run = await server.script(always(large));
      const { error } = await read({ api, face, url: run.url });
      assert.same([error.code, error.body.length], ['http-status', 64 * 1024]);
      const endless = await server.script(always(refusal(404, { body: ['some', { gate: 'never' }] })));
      const { error: other } = await read({ api, face, url: endless.url });
      assert.same([other.code, other.body], ['http-status', 'some']);
      await run.over();
      await endless.over();
    },
  ),
};

const HOP = { 'content-type': null };

const redirects = {
  ...forFaces(
    '301, 302, 303, 307 and 308 are followed, for each attempt anew',
    async ({ api, server, assert, face }) => {
      for (const status of [301, 302, 303, 307, 308]) {
        const hop = { status, headers: { ...HOP, location: 'target' }, framing: 0 };
        const run = await server.script({
          paths: { start: [hop, hop, hop], target: [EVENT, { body: 'data: b\n\n' }] },
        });
        const init = { retry: AT_ONCE, headers: { 'x-own': 'yes' } };
        const found = await read({ api, face, url: `${run.url}/start`, init });
        assert.same(dataOf(found), ['a', 'b']);
        const { requests, most } = await run.over();
        assert.same(
          requests.map(({ path, id, header }) => [path, id, header('x-own')]),
          [undefined, '1', '1'].flatMap((id) => [
            ['start', id, 'yes'],
            ['target', id, 'yes'],
          ]),
        );
        assert.same(most, 1, 'connections at a time');
      }
    },
  ),

  'connect: 307 and 308 keep a POST, the others make a GET of it': async ({ api, server, assert }) => {
    for (const [status, method, text] of [
      [301, 'GET', ''],
      [302, 'GET', ''],
      [303, 'GET', ''],
      [307, 'POST', 'body'],
      [308, 'POST', 'body'],
    ]) {
      const hop = { status, headers: { ...HOP, location: 'target' }, framing: 0 };
      const run = await server.script({ paths: { start: [hop], target: [EVENT] } });
      const init = { method: 'POST', body: 'body', resume: 'never' };
      assert.same(dataOf(await read({ api, face: 'connect', url: `${run.url}/start`, init })), ['a']);
      const { requests } = await run.over();
      assert.same(
        requests.map((request) => [request.path, request.method, request.text]),
        [
          ['start', 'POST', 'body'],
          ['target', method, text],
        ],
      );
    }
  },

  ...forFaces(
    'a loop of redirects is an error of the network, tried again by the policy',
    async ({ api, server, assert, face }) => {
      const hop = (location) => always({ status: 302, headers: { ...HOP, location }, framing: 0 });
      const run = await server.script({ paths: { a: [hop('b')], b: [hop('a')] } });
      const { error, errors } = await read({ api, face, url: `${run.url}/a`, init: { retry: attempts(2) } });
      assert.same([error.code, error.attempt, error.willRetry], ['retries-exhausted', 2, false]);
      if (face === 'EventSource')
        assert.same(
          errors.map(({ code }) => code),
          ['network', 'retries-exhausted'],
        );
      const { requests, most } = await run.over();
      // Each attempt begins at the address that was given, and ends by fetch's own limit.
      assert.yes(requests.length > 20 && requests.length < 600, `two rounds of redirects, found ${requests.length}`);
      assert.same(most, 1, 'connections at a time');
    },
  ),

  ...forFaces('redirect: error makes a redirect an error', async ({ api, server, assert, face }) => {
    const run = await server.script(always({ status: 302, headers: { ...HOP, location: 'target' }, framing: 0 }));
    const { error } = await read({ api, face, url: `${run.url}/a`, init: { redirect: 'error', retry: attempts(1) } });
    assert.same([error.code, error.attempt], ['retries-exhausted', 1]);
    assert.same((await run.over()).requests.length, 1, 'the number of requests');
  }),
};

export const statuses = { ...refused, ...redirects };
