// The parts of `npm test`. Each shows its output as it comes and answers `{ passed, failed, skipped }`.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { installed } from '../../tests/client/runtimes/install.mjs';
import { ensureNginx } from '../../tests/server/lib/nginx.mjs';
import { serve } from '../../tests/web/server.mjs';
import { ensureChromedriver, ensureChromium, FLAGS } from './chromium.mjs';
import { ROOT } from './console.mjs';
import { ensureCurl } from './curl.mjs';
import { ensureFirefox } from './firefox.mjs';
import { files } from './inputs.mjs';
import { buildRustWorker } from './rust-worker.mjs';
import { ensurePackages } from './packages.mjs';
import { ensureRedis } from './redis.mjs';
import { ensureTestRunner } from './test-runner.mjs';
import { WASM_TARGET } from './tools.mjs';

// Ends a test that hangs; no test is meant to come near it.
const HANG_MS = 600_000;

export const SUITES = {
  rust: () => cargoTest(),
  'rust-web': rustWebTest,
  node: () => nodeTest('node'),
  workerd: workerdTest,
  edge: () => nodeTest('edge'),
  browser: () => nodeTest('browser', { CHROMIUM_PATH: ensureChromium() }),
  interop: interopTest,
  redis: redisTest,
  server: serverTest,
  client: async () => (await import('../../tests/client/run.mjs')).runClient(),
  ...(existsSync(join(ROOT, 'tests/types/tsconfig.json')) ? { types: typeTest } : {}),
};

/** Unit tests, integration tests and the examples in the documentation. */
async function cargoTest(args = [], env = {}) {
  const { code, output } = await stream('cargo', ['test', '--locked', '--no-fail-fast', ...args], env);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [, passed, failed, ignored] of output.matchAll(
    /^test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored/gm,
  )) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
    counts.skipped += Number(ignored);
  }
  return { ...counts, broken: code !== 0 };
}

/**
 * tests/web.rs and tests/web-server in a page and a worker of a headless Chromium, and in Node; and the examples of their
 * documentation compile.
 */
async function rustWebTest() {
  const capabilities = join(ROOT, 'target/npm/webdriver.json');
  const options = { binary: ensureChromium(), args: FLAGS };
  mkdirSync(join(ROOT, 'target/npm'), { recursive: true });
  writeFileSync(capabilities, JSON.stringify({ 'goog:chromeOptions': options }));
  const server = await serve();
  const env = {
    SSE_TEST_SERVER: server.url,
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: await ensureTestRunner(),
    CHROMEDRIVER: ensureChromedriver(),
    WASM_BINDGEN_TEST_WEBDRIVER_JSON: capabilities,
    WASM_BINDGEN_TEST_TIMEOUT: '120',
    WASM_BINDGEN_TEST_DRIVER_TIMEOUT: '30',
  };
  const total = { passed: 0, failed: 0, skipped: 0, broken: false };
  const tests = ['--test', 'web', '--test', 'web-server'];
  const runs = ['BROWSER', 'DEDICATED_WORKER', 'NODE_EXPERIMENTAL'].map((place) => [place, ...tests]);
  runs.push(['NODE_EXPERIMENTAL', '--doc']);
  try {
    for (const [place, ...what] of runs) {
      const args = ['--target', WASM_TARGET, '--features', 'client,server,serde', ...what];
      const { broken, ...counts } = await cargoTest(args, { ...env, [`WASM_BINDGEN_USE_${place}`]: '1' });
      for (const [key, count] of Object.entries(counts)) total[key] += count;
      // A run that ends before its tests do has no failed test to show for it.
      if (broken && !counts.failed) total.failed++;
    }
  } finally {
    await server.close();
  }
  return total;
}

/** Clients that no one here wrote, in Node and in browsers, read what is written. */
async function interopTest() {
  await ensurePackages('tests/interop', 'clients of others (once, 100 MB)');
  // What drives Firefox. Here, as the files of a suite are processes of their own.
  await installed('');
  return nodeTest('interop', { CHROMIUM_PATH: ensureChromium(), FIREFOX_PATH: ensureFirefox(), CURL: ensureCurl() });
}

async function workerdTest() {
  // Before the tests, whose time is limited. Where it fails, its test says why.
  await buildRustWorker().catch(() => undefined);
  return nodeTest('workerd');
}

/** Channels over a Redis that is started for each file. */
async function redisTest() {
  await ensurePackages('tests/redis', 'clients of Redis (once, 30 MB)');
  return nodeTest('redis', { REDIS_SERVER: ensureRedis() });
}

/** One handler in all runtimes. Some of these files mostly wait, so that more of them run than there are processors. */
async function serverTest() {
  await installed('');
  return nodeTest('server', { CHROMIUM_PATH: ensureChromium(), NGINX: ensureNginx() }, ['--test-concurrency=3']);
}

async function nodeTest(name, env = {}, flags = []) {
  const found = files(`tests/${name}`, (path) => path.endsWith('.test.mjs'));
  if (!found.length) return { passed: 0, failed: 0, skipped: 0 };
  const folder = join(ROOT, 'target/npm');
  mkdirSync(folder, { recursive: true });
  const counts = join(folder, `${name}.counts.json`);
  rmSync(counts, { force: true });
  const args = ['--test', `--test-timeout=${HANG_MS}`, '--test-reporter=spec', '--test-reporter-destination=stdout'];
  args.push(
    `--test-reporter=${new URL('./reporter.mjs', import.meta.url)}`,
    `--test-reporter-destination=${counts}`,
    ...flags,
    ...found,
  );
  const { code } = await stream(process.execPath, args, env);
  const read = existsSync(counts) ? JSON.parse(readFileSync(counts, 'utf8') || '{}') : {};
  return { passed: 0, failed: 0, skipped: 0, ...read, broken: code !== 0 };
}

/** Each file of tests/types is a test: it compiles, and its `@ts-expect-error` lines are errors. */
async function typeTest() {
  const found = files('tests/types', (path) => /\.[cm]?ts$/.test(path));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  let [output, broken] = ['', false];
  // Node's types and Cloudflare's are each for those of a folder alone.
  for (const project of ['tests/types', 'tests/types/node', 'tests/types/workers']) {
    const result = await stream(process.execPath, [tsc, '--noEmit', '--pretty', 'false', '-p', project]);
    output += result.output;
    broken ||= result.code !== 0;
  }
  const failed = found.filter((path) => output.includes(`${path}(`)).length;
  return { passed: found.length - failed, failed, skipped: 0, broken };
}

function stream(command, args, env = {}) {
  return new Promise((done) => {
    const colour = process.stdout.isTTY ? { CARGO_TERM_COLOR: 'always', FORCE_COLOR: '1' } : {};
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...colour, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const show = (target) => (piece) => {
      output += piece;
      target.write(piece);
    };
    child.stdout.setEncoding('utf8').on('data', show(process.stdout));
    child.stderr.setEncoding('utf8').on('data', show(process.stderr));
    child.once('error', (error) => done({ code: -1, output: error.message }));
    child.once('close', (code) => done({ code, output: output.replace(/\x1b\[[0-9;]*m/g, '') }));
  });
}
