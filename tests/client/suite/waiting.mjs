// How long it waits before it tries again. Only lower bounds: a busy machine makes any wait longer.

import { attempts, forFaces, AT_ONCE, dataOf, read } from './faces.mjs';
import { always } from './remote.mjs';

// Timers may fire a little early, and two clocks round.
const EARLY_MS = 2;

// Behind a byte of the body: what is reset before a response, some engines send again by themselves.
const RESET = { body: [': \n\n', { wait: 5 }], end: 'reset' };
const EVENT = { body: 'id: 1\ndata: a\n\n' };
const refusal = (status, retryAfter) => ({
  status,
  headers: { 'content-type': 'text/plain', 'retry-after': retryAfter },
  body: 'no',
});
const RETRIED = [429, 503];

/** The first error of a connection to this answer, which is closed then; and how often it had asked a while later. */
async function firstError({ api, server, assert }, answer, retry) {
  const run = await server.script(always(answer));
  const source = new api.EventSource(run.url, { retry: { delay: 1e6, jitter: 0, statuses: RETRIED, ...retry } });
  const error = await new Promise((done) => (source.onerror = (event) => done(event.error)));
  await assert.settle(60);
  const { requests } = await run.log();
  source.close();
  return { error, count: requests.length };
}

const MAX = 2 ** 31 - 1;

const told = {
  'the stream’s retry: huge, negative, not a number, with a unit': async (context) => {
    const { assert } = context;
    for (const [field, delay] of [
      ['99999999999', MAX],
      ['9'.repeat(400), MAX],
      ['2147483648', MAX],
      ['-5', 4000],
      ['1e9', 4000],
      ['5000ms', 4000],
      ['', 4000],
      ['0x10', 4000],
      ['1.5', 4000],
      ['0', 4000],
      ['00007000', 7000],
    ]) {
      const { error, count } = await firstError(context, { body: `retry: ${field}\n\n` }, { delay: 4000 });
      assert.same([error.code, error.willRetry, error.delay], ['stream-ended', true, delay], `retry: ${field}`);
      assert.same(count, 1, 'the number of requests');
    }
  },

  'Retry-After in seconds: huge is what a timer can hold, 0 is none': async (context) => {
    const { assert } = context;
    for (const status of RETRIED) {
      for (const [value, delay] of [
        ['7', 7000],
        ['99999999999', MAX],
        ['9'.repeat(400), MAX],
        ['0', 4000],
      ]) {
        const { error, count } = await firstError(context, refusal(status, value), { delay: 4000 });
        assert.same([error.status, error.willRetry, error.delay], [status, true, delay], `Retry-After: ${value}`);
        assert.same(count, 1, 'the number of requests');
      }
    }
  },

  'Retry-After as a date: up to its second, past is none': async (context) => {
    const { assert } = context;
    for (const status of RETRIED) {
      const { error, count } = await firstError(context, refusal(status, { date: 100_000 }));
      // The clock goes on between here and there.
      assert.yes(error.delay > 50_000 && error.delay <= 101_000, `a delay up to the date, found ${error.delay}`);
      assert.same([error.status, count], [status, 1]);
      const { error: late } = await firstError(context, refusal(status, { date: -100_000 }), { delay: 4000 });
      assert.same(late.delay, 4000, 'the delay for a date that is past');
    }
  },

  'Retry-After that is neither is none': async (context) => {
    for (const value of ['soon', '-1', '1.5', '', '7 seconds', 'Mon, 99 Foo 2099 00:00:00 GMT']) {
      const { error } = await firstError(context, refusal(503, value), { delay: 4000 });
      context.assert.same(error.delay, 4000, `the delay for Retry-After: ${value}`);
    }
  },

  'Retry-After does not retry what the policy does not': async (context) => {
    const { error, count } = await firstError(context, refusal(404, '1'));
    context.assert.same([error.code, error.willRetry, count], ['http-status', false, 1]);
  },
};

const kept = {
  'connect: Retry-After is waited for, in seconds and up to a date': async ({ api, server, assert }) => {
    const run = await server.script(refusal(503, '1'), refusal(429, { date: 2000 }), EVENT);
    const found = await read({ api, face: 'connect', url: run.url, init: { retry: AT_ONCE } });
    assert.same(dataOf(found), ['a']);
    const { requests, gaps } = await run.log();
    assert.yes(gaps[0] >= 1000 - EARLY_MS, `a second between, found ${gaps[0]}`);
    // A date has no fractions: it is anywhere in its second.
    assert.yes(gaps[1] >= 1, `a wait up to the date, found ${gaps[1]}`);
    assert.same(requests.length, 4);
  },

  ...forFaces(
    'the stream’s retry is waited for, and holds for later failures',
    async ({ api, server, assert, face }) => {
      const run = await server.script({ body: 'retry: 80\nid: 1\ndata: a\n\n' }, RESET, {
        body: 'data: b\n\n',
      });
      const found = await read({ api, face, url: run.url, init: { retry: AT_ONCE } });
      assert.same(dataOf(found), ['a', 'b']);
      const { gaps } = await run.log();
      assert.same(gaps.length, 3);
      for (const gap of gaps) assert.yes(gap >= 80 - EARLY_MS, `80 ms between attempts, found ${gap}`);
    },
  ),

  ...forFaces(
    'the backoff doubles, and begins anew once a stream has delivered',
    async ({ api, server, assert, face }) => {
      const run = await server.script(RESET, RESET, RESET, EVENT, RESET);
      const retry = { delay: 40, jitter: 0, maxAttempts: Infinity };
      const found = await read({ api, face, url: run.url, init: { retry } });
      assert.same(dataOf(found), ['a']);
      const { gaps } = await run.log();
      const least = [40, 80, 160, 40, 80];
      assert.same(gaps.length, least.length);
      gaps.forEach((gap, at) => assert.yes(gap >= least[at] - EARLY_MS, `at least ${least[at]} ms, found ${gap}`));
      if (face === 'connect') return;
      assert.same(
        found.errors.slice(0, 5).map(({ delay }) => delay),
        least,
        'the delays told',
      );
    },
  ),

  ...forFaces(
    'a server that resets each connection is given up after maxAttempts',
    async ({ api, server, assert, face }) => {
      const run = await server.script(always(RESET));
      const { error } = await read({ api, face, url: run.url, init: { retry: attempts(4, 1) } });
      assert.same([error.code, error.attempt, error.willRetry], ['retries-exhausted', 4, false]);
      assert.yes(error.cause !== undefined, 'the cause of the last failure');
      const { requests, most } = await run.over();
      assert.same([requests.length, most], [4, 1], 'requests, and connections at a time');
    },
  ),
};

export const waiting = { ...told, ...kept };
