// Clients that leave, and clients that stop reading, in every runtime and for each kind of producer: the stream ends once, for the
// right reason, and nothing of it is left.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Remote } from './lib/remote.mjs';
import { EXPECTED, WAYS } from './matrix/expected.mjs';
import { isAborted, leaves } from './matrix/leaving.mjs';
import { isDisconnected, waits } from './matrix/stalling.mjs';
import { start } from './places/start.mjs';

/** A check that waits for what does not come. */
const timeout = 120_000;
const PRODUCERS = ['function', 'generator', 'channel'];
/** What some runtimes write to their error output where a body is broken off; Bun adds the code around. */
const BROKEN_OFF = /broken off \((slow-consumer|aborted)\)/;
/** Deno does so where a handler looks at a request's signal, which the one does that makes a request of its own of it. */
const WARNING = /^warn: Deno.serve: request.signal aborts on successful responses/;

for (const [place, expected] of Object.entries(EXPECTED)) {
  describe(place, { timeout: 10 * timeout }, () => {
    let server;
    let at;
    before(async () => {
      server = await start(place);
      at = server && { remote: new Remote(server.url), port: server.port, place };
    });
    after(() => server?.close());

    const check = (name, work) =>
      test(name, { timeout }, async (t) => {
        if (!server) return t.skip(`there is no such runtime for ${process.platform}-${process.arch}`);
        await work(t);
      });

    for (const by of PRODUCERS) {
      for (const way of Object.keys(WAYS)) {
        const { notices, why } = expected[way];
        check(`${by}: client leaves by ${way}: noticed ${notices}`, () => leaves(at, by, way));
        if (why) test(`${by}: client leaves by ${way}: the stream ends`, { skip: why }, () => undefined);
        if (notices === 'by a write')
          check(`${by}: client leaves by ${way}: noticed by the heartbeat`, () => leaves(at, by, way, 20));
      }
    }

    check('nothing was left unhandled or logged', async () => {
      assert.deepEqual(await at.remote.ask('/faults'), []);
      assert.equal(server.noise(), '');
    });

    for (const by of PRODUCERS) {
      check(`${by}: the handler aborts the request`, () => isAborted(at, by));
      if (by === 'channel')
        test('channel: a client that stalls, wait', { skip: 'a channel waits for nobody' }, () => undefined);
      else check(`${by}: a client that stalls, wait`, () => waits(at, by));
      check(`${by}: a client that stalls, disconnect`, () => isDisconnected(at, by));
    }

    check('nothing was left unhandled, nor logged but bodies that were broken off', async () => {
      const faults = await at.remote.ask('/faults');
      assert.deepEqual(
        faults.filter((fault) => !WARNING.test(fault)),
        [],
      );
      const errors = server
        .noise()
        .split('\n')
        .filter((line) => /error|exception|reject/i.test(line) && !/^\d+ \|/.test(line));
      assert.deepEqual(
        errors.filter((line) => !BROKEN_OFF.test(line) && !/^\s+at /.test(line)),
        [],
      );
    });
  });
}
