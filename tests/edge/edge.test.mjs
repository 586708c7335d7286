// The export condition `edge-light` in the Vercel edge runtime: a module that a bundler has compiled, and none that is compiled there.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { connect } from 'eventsource-wasm';

import { ROOT } from '../../scripts/lib/console.mjs';
import { checks } from '../e2e/server-suite.mjs';
import { installed } from '../client/runtimes/install.mjs';

const PREFIX = 'wasm:';

/** As that runtime's bundler does it: a module that is asked for by `?module` is compiled beforehand, and comes as a global. */
const modules = (found) => ({
  name: 'module',
  setup(on) {
    on.onResolve({ filter: /\.wasm\?module$/ }, ({ path, importer }) => {
      const file = join(dirname(importer), path.replace(/\?module$/, ''));
      const name = `wasm${Object.keys(found).length}`;
      found[name] = new WebAssembly.Module(readFileSync(file));
      return { path: name, namespace: PREFIX };
    });
    on.onLoad({ filter: /^/, namespace: PREFIX }, ({ path }) => ({ contents: `export default globalThis.${path};` }));
  },
});

async function start() {
  const { build } = await import('esbuild');
  const found = {};
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'tests/edge/edge.worker.mjs')],
    bundle: true,
    format: 'iife',
    target: 'es2022',
    conditions: ['edge-light', 'worker', 'browser'],
    plugins: [modules(found)],
    write: false,
    absWorkingDir: ROOT,
  });
  const { default: edge } = await import(pathToFileURL(await installed('edge-runtime/dist/index.js')));
  const runtime = new edge.EdgeRuntime({ initialCode: '' });
  Object.assign(runtime.context, found);
  // A check may leave a stream open, whose heartbeat must not keep this process from ending.
  runtime.context.setInterval = (...args) => setInterval(...args).unref();
  // The real one refuses bytes; this one would not.
  runtime.evaluate("WebAssembly.Module = function () { throw new Error('expected a compiled module, found bytes'); }");
  runtime.evaluate(outputFiles[0].text);
  return edge.runServer({ runtime });
}

describe('the server entry in the edge runtime', () => {
  let server;
  before(async () => (server = await start()));
  after(() => server?.close());

  test('all checks are there', async () => {
    const names = await (await fetch(new URL('/names', server.url))).json();
    assert.deepEqual(names, Object.keys(checks));
  });

  for (const name of Object.keys(checks)) {
    test(name, async (t) => {
      const { error, skipped } = await (await fetch(new URL(`/?name=${encodeURIComponent(name)}`, server.url))).json();
      assert.equal(error, undefined);
      if (skipped) t.skip('this runtime hands no signal on');
    });
  }

  test('a reader over a socket, which comes back and leaves', async () => {
    const publish = async (body) => (await fetch(new URL('/publish', server.url), { method: 'POST', body })).json();
    const first = await connect(new URL('/events', server.url));
    const { id } = await publish('one');
    for await (const { data, lastEventId } of first) {
      assert.deepEqual([data, lastEventId], ['one', id]);
      break;
    }
    await publish('two');
    const seen = [];
    for await (const { data } of await connect(new URL('/events', server.url), { lastEventId: id })) {
      seen.push(data);
      if (seen.length === 2) break;
      await publish('three');
    }
    assert.deepEqual(seen, ['two', 'three']);
    let reasons = [];
    while (reasons.length < 2) reasons = await (await fetch(new URL('/reasons', server.url))).json();
    assert.deepEqual(reasons, ['cancelled', 'cancelled']);
  });
});
