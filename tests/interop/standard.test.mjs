// Every EventSource that others wrote follows what `eventStream` sends: all fields, cuts and resumptions, `retry`, and 204.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { EventSource as EventSource5 } from 'eventsource';
import { EventSource as UndiciEventSource } from 'undici';

import { until } from '../e2e/check.mjs';
import { BROWSERS, openPage } from './lib/browsers.mjs';
import { follow } from './lib/follow.mjs';
import { serve } from './lib/serve.mjs';
import { assertResumed, LONG, READ, SENT, standardServer, storyOf } from './standard/server.mjs';

const TYPES = ['named', 'tick', '🚀'];

/** Opens `{ title, follow, close }`. `cuts` are those after which it goes on. */
const CLIENTS = {
  ...Object.fromEntries(Object.keys(BROWSERS).map((name) => [name, { open: (url) => openBrowser(name, url) }])),
  'eventsource 5': { open: () => inNode(EventSource5) },
  // It does not come back where a body has broken off, nor after an id that is no ASCII.
  undici: { open: () => inNode(UndiciEventSource), cuts: ['end', 'end', 'end'], ids: ' plain' },
};

async function openBrowser(name, url) {
  const page = await openPage(name, url);
  return {
    follow: (path) => page.evaluate((given) => globalThis.interop.follow(...given), [path, TYPES]),
    close: page.close,
  };
}

function inNode(EventSource) {
  return { follow: (path) => follow(EventSource, path, TYPES), close: () => undefined };
}

// All at a time: most of it is waiting.
describe('the EventSource of', { concurrency: true }, () => {
  for (const [name, { open, cuts = ['half', 'break', 'end'], ids = ' é 三 🚀' }] of Object.entries(CLIENTS)) {
    describe(name, { concurrency: true }, () => {
      const { handler, runs } = standardServer();
      let [server, client] = [];
      const ask = (path, query) => client.follow(`${server.url}${path}?${new URLSearchParams(query)}`);
      before(async () => {
        server = await serve(handler);
        client = await open(server.url);
      });
      after(async () => {
        await client?.close();
        await server?.close();
      });

      test('reads all kinds of fields', async (t) => {
        const { events, opened } = await ask('/fields', { run: 'fields' });
        assert.deepEqual(events, READ);
        assert.equal(opened, 1);
        t.diagnostic(`${SENT.length} events sent, ${events.length} read`);
      });

      test('resumes with Last-Event-ID after a cut, and ends at 204', async (t) => {
        const { events, opened, errors, readyState } = await ask('/resume', { run: 'resume', cuts, ids });
        const story = storyOf(ids);
        assert.deepEqual(events, story);
        const run = runs.get('resume');
        assertResumed(run, story, cuts);
        // The 204 opens nothing, and is the last error.
        const count = run.requests.length;
        assert.deepEqual({ opened, errors, readyState }, { opened: count - 1, errors: count, readyState: 2 });
        t.diagnostic(`cuts: ${cuts.join(', ')}; each of ${events.length} events once`);
      });

      test('waits as long as retry says', async () => {
        const { readyState } = await ask('/retry', { run: 'retry' });
        assert.equal(readyState, 2);
        const { requests, cutAt } = runs.get('retry');
        assert.equal(requests.length, 2);
        // A timer may be early by a millisecond or two.
        assert.ok(requests[1].at - cutAt > LONG - 50, `it came back after ${requests[1].at - cutAt} ms`);
      });

      test('its close is noticed', async () => {
        await ask('/leave', { run: 'leave' });
        await until(() => runs.get('leave').closed);
        assert.match(runs.get('leave').closed, /^(cancelled|aborted)$/);
      });
    });
  }
});
