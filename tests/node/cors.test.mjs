// Which pages of other origins may read a response: the function itself, and the 204 that uses it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';

import { connect, EventSource } from 'eventsource-wasm';
import { toNodeListener } from 'eventsource-wasm/node';
import { eventStream, lastEventId, noMoreEvents } from 'eventsource-wasm/server';

// What `eventStream` and `noMoreEvents` share.
import { addCors, cors } from '../../dist/cors.js';
import { serve, watchProcess } from './listening.mjs';

const from = (origin, init = {}) =>
  new Request('https://api.test/', { ...init, headers: { ...(origin && { origin }), ...init.headers } });
const preflight = (origin, method = 'GET') =>
  from(origin, { method: 'OPTIONS', headers: { 'access-control-request-method': method } });
const headersOf = (...args) => Object.fromEntries(cors(...args).headers);
const A = 'https://a.test';

describe('cors', () => {
  test('true is every origin, without credentials', () => {
    for (const rules of [true, {}, { origin: '*' }, { origin: undefined }]) {
      assert.deepEqual(headersOf(from(A), rules), { 'access-control-allow-origin': '*' });
      // Not from a browser, or from the same origin.
      assert.deepEqual(headersOf(from(undefined), rules), {});
    }
  });

  test('an origin is allowed by name, by pattern, in a list, by a function, and is told its own name', () => {
    const allowing = [
      A,
      'HTTPS://A.test',
      /https:\/\/\w\.test/,
      /https:\/\/a\.test/gy,
      ['https://b.test', A],
      [/never/, /^https:\/\/(?:a|b)\.test$/],
      (origin) => origin === A,
      (origin, request) => request.url === 'https://api.test/' && origin === A,
    ];
    for (const origin of allowing) {
      for (let n = 0; n < 2; n++) {
        assert.deepEqual(headersOf(from(A), { origin }), { 'access-control-allow-origin': A, vary: 'Origin' });
      }
      // So that a cache does not give one the other's.
      for (const other of [undefined, 'https://c.test.evil.test', 'https://evil.test/a.test', 'null']) {
        assert.deepEqual(headersOf(from(other), { origin }), { vary: 'Origin' }, `${origin} and ${other}`);
      }
    }
    assert.deepEqual(headersOf(from(A), { origin: [] }), { vary: 'Origin' });
  });

  test('a pattern has to match the whole origin', () => {
    for (const origin of [/a\.test/, /https:\/\/a/, /a\.test|https:\/\/b/]) {
      assert.deepEqual(headersOf(from(A), { origin }), { vary: 'Origin' }, `${origin}`);
    }
  });

  test('origins that are no URLs of the web, and the one of none', () => {
    for (const origin of ['null', 'capacitor://localhost', 'chrome-extension://abcd', 'http://localhost:8080']) {
      assert.equal(headersOf(from(origin), { origin })['access-control-allow-origin'], origin);
    }
  });

  test('credentials and exposed headers, for those who are allowed', () => {
    const rules = { origin: A, credentials: true, exposeHeaders: ['Retry-After', 'X-A'] };
    assert.deepEqual(headersOf(from(A), rules), {
      'access-control-allow-credentials': 'true',
      'access-control-allow-origin': A,
      'access-control-expose-headers': 'Retry-After, X-A',
      vary: 'Origin',
    });
    assert.deepEqual(headersOf(from('https://b.test'), rules), { vary: 'Origin' });
  });

  test('a preflight', () => {
    assert.equal(cors(from(A), true).preflight, false);
    assert.equal(cors(from(A, { method: 'OPTIONS' }), true).preflight, false);
    assert.equal(cors(preflight(A), true).preflight, true);
    assert.deepEqual(headersOf(preflight(A), true), {
      'access-control-allow-headers': 'Last-Event-ID, Content-Type, Authorization',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-origin': '*',
    });
    const rules = {
      origin: A,
      credentials: true,
      maxAge: 600,
      allowHeaders: ['X-Token'],
      allowMethods: ['PUT'],
      exposeHeaders: ['X-A'],
    };
    assert.deepEqual(headersOf(preflight(A, 'PUT'), rules), {
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'Last-Event-ID, Content-Type, Authorization, X-Token',
      'access-control-allow-methods': 'PUT',
      'access-control-allow-origin': A,
      'access-control-max-age': '600',
      vary: 'Origin',
    });
    assert.deepEqual(headersOf(preflight('https://b.test'), rules), { vary: 'Origin' });
    assert.equal(cors(preflight('https://b.test'), rules).preflight, true);
    assert.equal(headersOf(preflight(A), { maxAge: 0 })['access-control-max-age'], '0');
  });

  test('what is not as it should be is refused at once, whoever asks', () => {
    const wrong = [
      [null, /^TypeError: expected cors to be true or an object, found object$/],
      ['*', /^TypeError: expected cors to be true or an object, found string$/],
      [{ credentials: true }, /^TypeError: expected cors.origin to name who may send credentials, found "\*"$/],
      [{ origin: [A, '*'], credentials: true }, /^TypeError: expected cors.origin to name who/],
      [{ origin: `${A}/` }, /^TypeError: expected cors.origin to have origins, .* found "https:\/\/a.test\/"$/],
      [{ origin: 'a.test' }, /^TypeError: expected cors.origin to have origins/],
      [{ origin: 'https://a.test:443' }, /^TypeError: expected cors.origin to have origins/],
      [{ origin: 'https://a b' }, /^TypeError: expected cors.origin to have origins/],
      [{ origin: [A, 5] }, /^TypeError: expected cors.origin to have origins/],
      [{ origin: '' }, /^TypeError: expected cors.origin to have origins/],
      [{ credentials: 'yes' }, /^TypeError: expected cors.credentials to be a boolean, found string$/],
      [{ maxAge: 1.5 }, /^RangeError: expected cors.maxAge to be a whole number of seconds, found 1.5$/],
      [{ maxAge: -1 }, /^RangeError: expected cors.maxAge/],
      [{ allowHeaders: 'X-A' }, /^TypeError: expected cors.allowHeaders to be a list of names, found "X-A"$/],
      [{ allowMethods: ['GET, PUT'] }, /^TypeError: expected cors.allowMethods to be a list of names/],
      [{ exposeHeaders: ['a\r\nb'] }, /^TypeError: expected cors.exposeHeaders to be a list of names/],
    ];
    for (const [rules, message] of wrong) {
      for (const request of [from(undefined), from(A)]) assert.throws(() => cors(request, rules), message);
    }
    // A promise is true, whatever comes of it.
    assert.throws(
      () => cors(from(A), { origin: async () => false }),
      /^TypeError: expected cors.origin to return a boolean, found object$/,
    );
  });

  test('added to what headers there are', () => {
    const answer = cors(from(A), { origin: A });
    for (const [before, after] of [
      [undefined, 'Origin'],
      ['Accept', 'Accept, Origin'],
      ['Accept, origin', 'Accept, origin'],
      ['*', '*'],
      ['X-Origin', 'X-Origin, Origin'],
    ]) {
      const headers = new Headers({ 'access-control-allow-origin': 'other', ...(before && { vary: before }) });
      addCors(headers, answer);
      assert.deepEqual(Object.fromEntries(headers), { 'access-control-allow-origin': A, vary: after });
    }
  });
});

describe('noMoreEvents', () => {
  test('is a 204 that no cache keeps, with further headers and those for other origins', () => {
    const response = noMoreEvents({ request: from(A), headers: { 'x-a': '1', vary: 'Accept' }, cors: { origin: A } });
    assert.equal(response.status, 204);
    assert.equal(response.body, null);
    assert.deepEqual(Object.fromEntries(response.headers), {
      'access-control-allow-origin': A,
      'cache-control': 'no-store',
      vary: 'Accept, Origin',
      'x-a': '1',
    });
    assert.deepEqual(Object.fromEntries(noMoreEvents().headers), { 'cache-control': 'no-store' });
    assert.throws(() => noMoreEvents({ cors: true }), /^TypeError: expected a request for cors to go by, found none$/);
    assert.throws(() => noMoreEvents({ request: from(A), cors: { credentials: true } }), TypeError);
  });

  test('a reader of a finished job does not come back', async (t) => {
    const seen = watchProcess(t);
    const asked = [];
    const { url } = await serve(
      t,
      toNodeListener((request) => {
        const id = lastEventId(request);
        asked.push(id);
        return id === '2' ? noMoreEvents() : eventStream(request, [{ id: 1 }, { id: 2, data: 'done' }], { retry: 1 });
      }),
    );
    t.mock.method(Math, 'random', () => 0);
    for await (const { data } of await connect(url)) assert.equal(data, 'done');
    const source = new EventSource(url);
    await once(source, 'error');
    assert.equal(source.readyState, EventSource.CONNECTING);
    await once(source, 'error');
    assert.equal(source.readyState, EventSource.CLOSED);
    assert.deepEqual(asked, ['', '2', '', '2']);
    assert.deepEqual(seen, { rejections: [], warnings: [], console: [] });
  });
});
