// EventSource as a drop-in: each scene runs in Chromium with its own EventSource and with ours, and must look the same.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { openEndToEnd } from '../e2e/browser.mjs';
import { scenes } from '../e2e/scenes.mjs';

describe('EventSource beside Chromium’s own', () => {
  let e2e;
  before(async () => {
    e2e = await openEndToEnd();
  });
  after(() => e2e?.close());

  for (const [name, scene] of Object.entries(scenes)) {
    test(name, async () => {
      const play = (face) => e2e.page.evaluate(playInPage, { face, source: String(scene), run: `${face}-${name}` });
      const ours = await play('ours');
      assert.deepEqual(ours, await play('native'));
      assert.ok(Object.keys(ours).length > 0);
    });
  }

  test('an error event says what went wrong, and whether it goes on', async () => {
    const found = await e2e.page.evaluate(
      () =>
        new Promise((done) => {
          const events = [];
          const source = new sse.EventSource('/cutting?run=typed', { retry: { delay: 1 } });
          source.onerror = (event) => {
            const { code, message, status, body, attempt, willRetry, delay } = event.error;
            events.push({ code, status, body, attempt, willRetry, waits: delay >= 0, state: source.readyState });
            if (event.message !== message) events.push({ message, found: event.message });
            if (!(event instanceof sse.EventSourceErrorEvent)) events.push('expected an EventSourceErrorEvent');
            if (!(event.error instanceof sse.EventSourceError)) events.push('expected an EventSourceError');
            if (!willRetry) done(events);
          };
        }),
    );
    const none = { status: undefined, body: undefined };
    assert.deepEqual(found, [
      { code: 'stream-ended', ...none, attempt: 1, willRetry: true, waits: true, state: 0 },
      { code: 'network', ...none, attempt: 2, willRetry: true, waits: true, state: 0 },
      { code: 'http-status', status: 404, body: 'over', attempt: 3, willRetry: false, waits: false, state: 2 },
    ]);
  });

  test('beyond the standard: lastEventId, response', async () => {
    const found = await e2e.page.evaluate(
      () =>
        new Promise((done) => {
          const source = new sse.EventSource('/burst?count=3', { lastEventId: '0' });
          const ids = [source.lastEventId, source.response === undefined];
          source.onmessage = () => {
            ids.push(source.lastEventId);
            if (ids.length < 5) return;
            source.close();
            done([...ids, source.response.status]);
          };
        }),
    );
    assert.deepEqual(found, ['0', true, '1', '2', '3', 200]);
  });
});

/** Runs a scene in the page with one of the two classes. */
async function playInPage({ face, source, run }) {
  const Class = face === 'ours' ? sse.EventSource : EventSource;
  // A method of an object literal, as that is what its source is.
  const [play] = Object.values(new Function(`return { ${source} }`)());
  return play(Class, encodeURIComponent(run));
}
