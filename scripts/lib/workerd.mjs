// Bundles a worker and runs it in workerd, the open-source runtime of Cloudflare Workers.
//
//   import { startWorkerd } from '../../scripts/lib/workerd.mjs';
//   const server = await startWorkerd({ entry: 'tests/workerd/worker.js', env: { UPSTREAM: 'http://...' } });
//   const response = await fetch(server.url + '/events');
//   ...
//   await server.close();
//
// Options:
//   entry               worker (`export default { fetch(request, env, ctx) }`), path from the project root or absolute.
//                       Bundled with the conditions `workerd` and `worker`; imported `.wasm` files become wasm modules.
//   env                 strings become text bindings, other values JSON bindings
//   assets              a folder: the worker gets `env.ASSETS.fetch(request)`, which answers with the folder's files
//                       (content type by extension, index.html for folders, 404 otherwise)
//   objects             Durable Objects with SQLite: names of bindings, and of the classes behind them
//   storage             the folder of what they keep, to go on with after a restart; default: it is gone with workerd
//   port                default 0, any free port
//   host                default 127.0.0.1
//   compatibilityDate   default COMPATIBILITY_DATE
//   compatibilityFlags  default none
//   sourcemap           default false; true maps stack traces of the worker (inline)
//   onLog               called with each piece of text that workerd prints; everything is also in `server.logs()`
// Answer: { url, port, pid, logs(), exited, close() }. `url` has no slash at its end. `exited` is a promise of workerd's
// exit code. `close()` ends this workerd by its own pid, and resolves when it is gone.

import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const COMPATIBILITY_DATE = '2026-11-01';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const START_LIMIT_MS = 30_000;

export async function startWorkerd(options) {
  const folder = await mkdtemp(join(tmpdir(), 'eventsource-wasm-workerd-'));
  const drop = () => rm(folder, { recursive: true, force: true });
  try {
    await bundleWorker(options.entry, folder, options.sourcemap ?? false);
    await writeFile(join(folder, 'config.capnp'), await makeConfig(folder, options));
    return await serve(folder, options, drop);
  } catch (error) {
    await drop();
    throw error;
  }
}

/** Bundles `entry` into `folder`/worker.js, with its `.wasm` imports as files beside it. */
export async function bundleWorker(entry, folder, sourcemap = false) {
  const { build } = await import('esbuild');
  await build({
    entryPoints: { worker: resolve(ROOT, entry) },
    outdir: folder,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker'],
    external: ['cloudflare:*', 'node:*'],
    loader: { '.wasm': 'copy', '.html': 'text', '.sse': 'text' },
    assetNames: '[name]-[hash]',
    sourcemap: sourcemap ? 'inline' : false,
    logLevel: 'silent',
    absWorkingDir: ROOT,
  });
}

async function makeConfig(folder, options) {
  const wasm = (await readdir(folder)).filter((name) => name.endsWith('.wasm'));
  const modules = [
    '(name = "worker.js", esModule = embed "worker.js")',
    ...wasm.map((name) => `(name = ${text(name)}, wasm = embed ${text(name)})`),
  ];
  const bindings = Object.entries(options.env ?? {}).map(([name, value]) =>
    typeof value === 'string'
      ? `(name = ${text(name)}, text = ${text(value)})`
      : `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`,
  );
  if (options.assets) bindings.push('(name = "ASSETS", service = "assets")');
  const objects = Object.entries(options.objects ?? {});
  for (const [name, type] of objects) bindings.push(`(name = ${text(name)}, durableObjectNamespace = ${text(type)})`);
  const date = `compatibilityDate = ${text(options.compatibilityDate ?? COMPATIBILITY_DATE)}`;
  const flags = `compatibilityFlags = [${(options.compatibilityFlags ?? []).map(text).join(', ')}]`;
  const services = [
    '(name = "main", worker = .main)',
    // "private" covers loopback, where the sources that tests and demos relay are.
    '(name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true)))',
  ];
  if (objects.length) {
    const storage = resolve(folder, options.storage ?? 'storage');
    await mkdir(storage, { recursive: true });
    services.push(`(name = "storage", disk = (path = ${text(storage)}, writable = true))`);
  }
  let assets = '';
  if (options.assets) {
    await writeFile(join(folder, 'assets.js'), ASSETS_WORKER);
    services.push('(name = "assets", worker = .assets)');
    services.push(`(name = "files", disk = ${text(resolve(ROOT, options.assets))})`);
    assets =
      'const assets :Workerd.Worker = (modules = [(name = "assets.js", esModule = embed "assets.js")], ' +
      `bindings = [(name = "FILES", service = "files")], ${date});\n`;
  }
  return (
    '@0xb1c0ffee0ddba11e;\nusing Workerd = import "/workerd/workerd.capnp";\n' +
    `const config :Workerd.Config = (\n  services = [\n    ${services.join(',\n    ')}\n  ],\n` +
    '  sockets = [(name = "http", http = (), service = "main")]\n);\n' +
    `const main :Workerd.Worker = (\n  modules = [${modules.join(', ')}],\n  bindings = [${bindings.join(', ')}],\n` +
    `  ${date},\n  ${flags},\n${objects.length ? objectConfig(objects) : ''});\n${assets}`
  );
}

function objectConfig(objects) {
  const namespace = (type) => `(className = ${text(type)}, uniqueKey = ${text(type)}, enableSql = true)`;
  const types = new Set(objects.map(([, type]) => type));
  // In memory they would have no SQL.
  return (
    `  durableObjectNamespaces = [${[...types].map(namespace).join(', ')}],\n` +
    '  durableObjectStorage = (localDisk = "storage"),\n'
  );
}

/** A Cap'n Proto string literal. */
function text(value) {
  return `"${value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r')}"`;
}

// workerd's disk service knows neither content types nor index pages; modules in a page need the first.
const ASSETS_WORKER = `
const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', mjs: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8', json: 'application/json', map: 'application/json', svg: 'image/svg+xml', png: 'image/png',
  ico: 'image/x-icon', woff2: 'font/woff2', wasm: 'application/wasm', txt: 'text/plain; charset=utf-8' };
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (request.method !== 'GET' && request.method !== 'HEAD') return new Response('method not allowed', { status: 405 });
    if (url.pathname.endsWith('/')) url.pathname += 'index.html';
    url.search = '';
    const file = await env.FILES.fetch(url, { method: request.method });
    const type = TYPES[url.pathname.slice(url.pathname.lastIndexOf('.') + 1)];
    // A folder's listing is JSON without a file name; it is nobody's business.
    if (!file.ok || !type) return new Response('not found', { status: 404 });
    return new Response(file.body, { headers: { 'content-type': type, 'cache-control': 'no-cache' } });
  },
};
`;

async function serve(folder, options, drop) {
  const host = options.host ?? '127.0.0.1';
  const address = `${host}:${options.port ?? 0}`;
  // With a control descriptor workerd tells the port once it listens, so nothing is polled or guessed.
  const args = ['serve', 'config.capnp', `--socket-addr=http=${address}`, '--control-fd=3', ...(options.args ?? [])];
  const child = spawn(workerdPath(), args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  let logs = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece) => {
      logs += piece;
      options.onLog?.(piece);
    });
  }
  let gone = false;
  const exited = new Promise((done) => child.once('close', (code) => ((gone = true), done(code))));
  const onExit = () => child.kill('SIGKILL');
  process.once('exit', onExit);
  const close = async () => {
    if (!gone) child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
    await exited;
    clearTimeout(timer);
    process.off('exit', onExit);
    await drop();
  };
  try {
    const port = await listening(child, exited, () => logs);
    return { url: `http://${host}:${port}`, port, pid: child.pid, logs: () => logs, exited, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function listening(child, exited, logs) {
  return new Promise((done, fail) => {
    const timer = setTimeout(
      () => fail(new Error(`expected workerd to listen within ${START_LIMIT_MS / 1000} s, found:\n${logs()}`)),
      START_LIMIT_MS,
    );
    exited.then((code) => {
      clearTimeout(timer);
      fail(new Error(`expected workerd to serve, found exit code ${code}:\n${logs()}`));
    });
    child.once('error', (error) => {
      clearTimeout(timer);
      fail(new Error(`expected to start workerd, found ${error.message}`, { cause: error }));
    });
    let control = '';
    child.stdio[3].setEncoding('utf8').on('data', (piece) => {
      control += piece;
      for (const line of control.split('\n').slice(0, -1)) {
        const message = JSON.parse(line);
        if (message.event !== 'listen' || message.socket !== 'http') continue;
        clearTimeout(timer);
        done(message.port);
      }
      control = control.slice(control.lastIndexOf('\n') + 1);
    });
  });
}

/** The binary itself rather than the package's launcher script, so that the pid is workerd's own. */
function workerdPath() {
  const require = createRequire(import.meta.url);
  const found = require('workerd').default;
  if (basename(found).startsWith('workerd')) return found;
  throw new Error(`expected the npm package workerd to name its binary, found ${found}`);
}
