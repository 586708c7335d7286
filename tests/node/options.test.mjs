// What is no option of a connection is refused before anything is sent, by both faces alike.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { connect, EventSource } from 'eventsource-wasm';

const URL_ = 'http://localhost/';
const number = [null, '5', true, 5n, NaN, {}];
const text = [null, 5, true, {}, Symbol('x')];
const flag = [null, 0, 1, 'true', {}];

/** Values that are none, and values that are some. */
const OPTIONS = {
  method: { no: text, yes: ['GET', 'post'] },
  headers: { no: [null, 'a: b', 5], yes: [{ a: 'b' }, [['a', 'b']], new Headers(), () => undefined] },
  body: {
    no: [5, true, { prompt: 'x' }],
    yes: ['x', null, new Blob(), new URLSearchParams(), new Uint8Array(1), () => 'x'],
  },
  credentials: { no: [null, 'all', 5], yes: ['omit', 'same-origin', 'include'] },
  mode: { no: [null, 'navigate', 5], yes: ['cors', 'no-cors', 'same-origin'] },
  cache: {
    no: [null, 'never', true],
    yes: ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'],
  },
  redirect: { no: [null, 'none', true], yes: ['follow', 'error', 'manual'] },
  referrer: { no: text, yes: ['', 'about:client'] },
  referrerPolicy: { no: text, yes: ['', 'no-referrer'] },
  integrity: { no: text, yes: [''] },
  keepalive: { no: flag, yes: [true, false] },
  priority: { no: [null, 'highest', 1], yes: ['high', 'low', 'auto'] },
  fetch: { no: [null, 'fetch', {}], yes: [() => new Promise(() => undefined)] },
  signal: {
    no: [5, new AbortController(), 'signal'],
    yes: [null, new AbortController().signal, AbortSignal.any([])],
  },
  retry: { no: [null, 5, 'never', true], yes: [{}, () => false, { attempts: 5 }] },
  resume: { no: [null, 'sometimes', true], yes: ['auto', 'always', 'never'] },
  connectTimeout: { no: [...number, 0, -1], yes: [1, 5.5, Infinity] },
  idleTimeout: { no: [...number, 0, -1], yes: [1, 1e12] },
  pauseWhenHidden: { no: flag, yes: [true, false] },
  maxEventSize: { no: [null, '5', true, 5n], yes: [0, 1e6, Infinity] },
  lastEventId: { no: text, yes: ['', '5'] },
  shareAcrossTabs: { no: text, yes: ['a name'] },
  'retry.delay': { no: [...number, -1], yes: [0, Infinity] },
  'retry.maxDelay': { no: [...number, -1], yes: [0, Infinity] },
  'retry.factor': { no: [...number, 0.5], yes: [1, Infinity] },
  'retry.jitter': { no: [...number, -0.1, 1.1], yes: [0, 0.5, 1] },
  'retry.maxAttempts': { no: [...number, -1], yes: [0, 5, Infinity] },
  'retry.maxElapsed': { no: [...number, -1], yes: [0, Infinity] },
  'retry.statuses': { no: [503, '503', [99], [1000], ['503'], new Set([503])], yes: [[], [100, 503, 999]] },
};

function initOf(name, value) {
  const [option, inner] = name.split('.');
  // The platform's fetch is not asked for anything.
  const fetch = () => new Promise(() => undefined);
  return { fetch, [option]: inner ? { [inner]: value } : value };
}

describe('the options of a connection', () => {
  for (const [name, { no, yes }] of Object.entries(OPTIONS)) {
    test(name, async () => {
      for (const value of no) {
        const init = initOf(name, value);
        const check = (error) => {
          assert.ok(error instanceof TypeError);
          assert.match(error.message, new RegExp(`^expected option ${name} to be .+, found .+`));
          return true;
        };
        assert.throws(() => new EventSource(URL_, init), check);
        await assert.rejects(connect(URL_, init), check);
      }
      for (const value of [...yes, undefined]) new EventSource(URL_, initOf(name, value)).close();
    });
  }

  test('each one is checked', () => {
    const source = readFileSync(new URL('../../js/options.ts', import.meta.url), 'utf8');
    const members = (name, prefix = '') => {
      const body = source.match(new RegExp(`interface ${name} .*?\\{\\n(.*?)\\n\\}`, 's'))[1];
      return [...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, member]) => prefix + member);
    };
    const all = [...members('ConnectInit'), ...members('RetryOptions', 'retry.'), 'maxEventSize', 'lastEventId'];
    // Web IDL makes a boolean of whatever it is.
    assert.deepEqual(all.filter((name) => name !== 'withCredentials').sort(), Object.keys(OPTIONS).sort());
  });

  test('messages', () => {
    for (const [init, message] of [
      [{ retry: { delay: -1 } }, 'expected option retry.delay to be a number from 0 on, found -1'],
      [{ resume: 'sometimes' }, 'expected option resume to be one of auto, always, never, found "sometimes"'],
      [{ method: null }, 'expected option method to be a string, found null'],
      [{ idleTimeout: 0 }, 'expected option idleTimeout to be a number from 1 on, found 0'],
      [{ signal: {} }, 'expected option signal to be an AbortSignal, found a value of type object'],
      [5, 'expected options to be an object, found 5'],
    ]) {
      assert.throws(() => new EventSource(URL_, init), { name: 'TypeError', message });
    }
  });

  test('what is unknown is ignored, and withCredentials is anything', () => {
    for (const init of [
      { heders: 5 },
      { retry: { attempts: 'x' } },
      { withCredentials: 'yes' },
      { withCredentials: null },
      null,
    ]) {
      const source = new EventSource(URL_, init);
      source.close();
      assert.equal(source.withCredentials, init?.withCredentials === 'yes');
    }
  });
});
