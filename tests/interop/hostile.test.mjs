// Whatever is in a field: it reaches every reader as it was sent and changes nothing around it, or is refused before a byte is written.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { encode, EventSourceError } from 'eventsource-wasm/server';

import { CASES, difference, refusalOf, streams, VALUES } from './hostile/cases.mjs';
import { READERS } from './hostile/readers.mjs';
import { hostile } from './hostile/server.mjs';
import { BROWSERS, openPage } from './lib/browsers.mjs';
import { serve } from './lib/serve.mjs';

const all = Object.entries(CASES).flatMap(([field, cases]) => cases.map((found) => ({ field, ...found })));
const refused = all.filter(({ event }) => refusalOf(event));
const STREAMS = streams();

function report(t, reader) {
  const fields = Object.keys(CASES).length - 2;
  const sum = `${VALUES} values × ${fields} fields + ${all.length - VALUES * fields} of retry and of borders`;
  const outcome = `${all.length - refused.length} read in each of 3 ways, ${refused.length} refused`;
  t.diagnostic(`${reader}: ${sum} = ${all.length} cases: ${outcome}, in ${STREAMS.length} streams`);
}

/** A hundred of them, of a MB each, are no help. */
function assertNone(problems) {
  const shown = problems.slice(0, 5).map((problem) => `\n  ${problem}`);
  assert.equal(problems.length, 0, `${problems.length} problems:${shown.join('')}`);
}

describe('hostile values in every field', () => {
  test('encode refuses before it has written a byte, and has kept nothing of it', (t) => {
    const neighbour = { event: 'neighbour', data: 'of a refused one' };
    const clean = Buffer.from(encode(neighbour));
    for (const { field, name, event } of refused) {
      for (const batch of [event, [event], [event, neighbour], [neighbour, event, neighbour]]) {
        const found = { code: refusalOf(event), name: 'EventSourceError' };
        assert.throws(() => encode(batch), found, `${field}: ${name}`);
        assert.throws(() => encode(batch), EventSourceError);
        assert.ok(clean.equals(encode(neighbour)), `${field}: ${name}: what comes next is as it was`);
      }
    }
    t.diagnostic(`${refused.length} of ${all.length} cases are refused`);
  });

  test('encode makes the same bytes of an event alone and in a batch', () => {
    const accepted = all.filter(({ event }) => !refusalOf(event));
    const single = accepted.map(({ event }) => encode(event));
    assert.ok(Buffer.concat(single).equals(encode(accepted.map(({ event }) => event))));
  });

  // A symbol, an object without a text and one whose text throws: the error is of the message, not of the event.
  test('whatever has no text is refused as a retry', () => {
    const throwing = {
      toString() {
        throw new Error('of the caller');
      },
    };
    for (const retry of [Symbol('5'), Object.create(null), throwing]) {
      assert.throws(() => encode({ retry, data: 'hostile' }), { code: 'invalid-retry', name: 'EventSourceError' });
    }
  });

  for (const [reader, read] of Object.entries(READERS)) {
    test(`${reader} reads what was sent`, async (t) => {
      const problems = [];
      for (const [number, { way, name, expected }] of STREAMS.entries()) {
        const response = hostile(new Request(`http://localhost/?stream=${number}`), problems);
        const found = read(new Uint8Array(await response.arrayBuffer()));
        const problem = difference(found, expected);
        if (problem) problems.push(`${way}, ${name}: ${problem}`);
      }
      assertNone(problems);
      report(t, reader);
    });
  }

  for (const name of Object.keys(BROWSERS)) {
    test(`${name}’s own EventSource reads what was sent`, async (t) => {
      const problems = [];
      const server = await serve((request) => hostile(request, problems));
      const page = await openPage(name, server.url);
      try {
        const { read, differences } = await page.evaluate((of) => globalThis.interop.readHostile(of), name);
        assertNone([...problems, ...differences]);
        assert.equal(read, STREAMS.length);
        assert.equal(server.requests.filter((url) => url.includes('stream=')).length, STREAMS.length);
        report(t, page.title);
      } finally {
        await page.close();
        await server.close();
      }
    });
  }
});

test('data that was sent as JSON is the same value again', () => {
  for (const { name, event } of CASES['data as JSON']) {
    const [{ data }] = READERS['eventsource-wasm/parser'](encode(event));
    assert.deepEqual(JSON.parse(data), event.data, name);
  }
});
