// @microsoft/fetch-event-source in pages: a POST that is cut and resumed, and all kinds of fields.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { BROWSERS, openPage } from './lib/browsers.mjs';
import { serve } from './lib/serve.mjs';
import { assertResumed, READ, standardServer, storyOf } from './standard/server.mjs';

/** A header can't have others in a page. */
const IDS = ' plain';
/** Not within a frame: it takes the id of an event that it has not got to its end for read. */
const CUTS = ['break', 'end', 'break'];
/** It hands over the id of each event by itself, and none that is only kept. */
const READ_IDS = ['', '', '', '', '', 'an id', '', '42', '', '', '漢字 é', 'r', ''];

describe('fetchEventSource in', { concurrency: true }, () => {
  for (const name of Object.keys(BROWSERS)) {
    test(name, async (t) => {
      const { handler, runs } = standardServer();
      const server = await serve(handler);
      const page = await openPage(name, server.url);
      const ask = (path, query, init) =>
        page.evaluate(
          (given) => globalThis.interop.fetchEvents(...given),
          [`${path}?${new URLSearchParams(query)}`, init],
        );
      try {
        const fields = await ask('/fields', { run: 'fields' }, {});
        assert.deepEqual(
          fields.messages.map(({ event, data }) => ({ type: event || 'message', data })),
          READ.map(({ type, data }) => ({ type, data })),
        );
        assert.deepEqual(
          fields.messages.map(({ id }) => id),
          READ_IDS,
        );
        const { messages, statuses } = await ask(
          '/resume',
          { run: 'resume', cuts: CUTS, ids: IDS },
          { method: 'POST', body: 'x' },
        );
        const story = storyOf(IDS);
        assert.deepEqual(
          messages.map(({ event, data, id }) => ({ type: event, data, lastEventId: id })),
          story,
        );
        const { requests } = runs.get('resume');
        assertResumed(runs.get('resume'), story, CUTS);
        assert.ok(requests.every(({ method, body }) => method === 'POST' && body === 'x'));
        assert.deepEqual(statuses, [...Array(requests.length - 1).fill(200), 204]);
        t.diagnostic(`${page.title}: ${messages.length} events over ${statuses.length - 1} connections, each once`);
      } finally {
        await page.close();
        await server.close();
      }
    });
  }
});
