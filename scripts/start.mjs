// `npm start`: the demo. One origin: workerd runs the worker of examples/worker and serves the page of examples/browser.
// PORT=<number> (default 8787) and UPSTREAM=<url of an event stream to relay> are read from the environment.

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build } from './lib/build.mjs';
import { Expected, ROOT, run } from './lib/console.mjs';
import { startWorkerd } from './lib/workerd.mjs';

const PAGE = 'examples/browser';
const DEFAULT_PORT = 8787;

await run(async () => {
  const wanted = readPort();
  const env = readUpstream();
  await build();
  // A folder of its own, as two demos may run at once.
  const served = mkdtempSync(join(tmpdir(), 'eventsource-wasm-demo-'));
  process.on('exit', () => rmSync(served, { recursive: true, force: true }));
  await bundlePage(served);
  const server = await start(wanted, env, served);
  console.log(`\nThe demo is at ${server.url}/`);
  console.log(env.UPSTREAM ? `It relays ${env.UPSTREAM}.` : 'With UPSTREAM=<url> it relays an event stream of yours.');
  console.log('Ctrl-C ends it.');
  await ended(server);
});

function readPort() {
  if (!process.env.PORT) return undefined;
  const port = Number(process.env.PORT);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new Expected(`Expected PORT to be a number from 0 to 65535, found ${process.env.PORT}.`);
}

function readUpstream() {
  const upstream = process.env.UPSTREAM;
  if (!upstream) return {};
  if (URL.canParse(upstream) && /^https?:$/.test(new URL(upstream).protocol)) return { UPSTREAM: upstream };
  throw new Expected(`Expected UPSTREAM to be an http or https URL, found ${upstream}.`);
}

async function bundlePage(to) {
  const { build: bundle } = await import('esbuild');
  cpSync(join(ROOT, PAGE), to, { recursive: true, filter: (path) => !path.endsWith('.js') });
  // The page links to it where it is there.
  cpSync(join(ROOT, 'README.md'), join(to, 'README.txt'));
  await bundle({
    entryPoints: [join(ROOT, PAGE, 'main.js')],
    outdir: to,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    sourcemap: true,
    logLevel: 'warning',
    absWorkingDir: ROOT,
  });
}

/** On the usual port, or on any if another program has that one and none was asked for. */
async function start(wanted, env, served) {
  const options = {
    entry: 'examples/worker/index.js',
    assets: served,
    env,
    // Without the errors that a cut and a reader that does not keep up are made of, which workerd reports as uncaught.
    onLog: (piece) => process.stderr.write(piece.replace(/^.*(connection cut on demand|BrokenOffError).*\n?/gm, '')),
  };
  try {
    return await startWorkerd({ ...options, port: wanted ?? DEFAULT_PORT, onLog: undefined });
  } catch (error) {
    if (!/already in use|EADDRINUSE/i.test(error.message)) throw error;
    if (wanted !== undefined)
      throw new Expected(`Port ${wanted} is taken by another program. Choose another with PORT=<number>.`);
    return await startWorkerd({ ...options, port: 0 });
  }
}

function ended(server) {
  return new Promise((done, fail) => {
    let asked = false;
    const end = () => {
      if (asked) return;
      asked = true;
      server.close().then(done, fail);
    };
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
    server.exited.then((code) => {
      if (!asked) fail(new Expected(`workerd ended with exit code ${code}:\n${server.logs()}`));
    });
  });
}
