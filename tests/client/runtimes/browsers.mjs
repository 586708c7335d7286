// Chromium and Firefox: the suite in a page, and in a dedicated worker of one.

import { existsSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

import { ROOT } from '../../../scripts/lib/console.mjs';
import { launchFirefox } from '../../../scripts/lib/firefox.mjs';
import { launchChromium } from '../../../scripts/lib/chromium.mjs';
import { runAll } from '../suite/run.mjs';

const MODULE = '/tests/client/runtimes/page.mjs';

export const startChromium = (server) => openPage('chromium', server, launchChromium);
export const startChromiumWorker = (server) => openPage('chromium-worker', server, launchChromium, true);
export const startFirefox = (server) => openPage('firefox', server, launchFirefox);

const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript' };

/** For the fault server: an empty page, the package and the suite. */
export function pageFiles(path) {
  const found = (type, body) => ({ headers: { 'content-type': type }, framing: 'close', body });
  if (path === '/') return found('text/html', '<!doctype html><title>client</title>');
  const type = TYPES[extname(path)];
  if (!/^\/(dist|tests\/(client|e2e))\//.test(path) || path.includes('..') || !type) return undefined;
  const file = join(ROOT, path);
  return existsSync(file) ? found(type, readFileSync(file, 'utf8')) : undefined;
}

async function openPage(runtime, server, launch, inWorker = false) {
  let browser;
  try {
    browser = await launch();
    const page = await browser.newPage();
    await page.goto(`${server.home}/`);
    await page.evaluate(inWorker ? loadInWorker : loadInPage, MODULE);
    const [name, version] = await nameOf(page);
    const ask = (message) => page.evaluate((given) => globalThis.work(given), message);
    return {
      title: `${name} ${version}, ${inWorker ? 'worker' : 'page'}`,
      async run(control, names, report) {
        await runAll(names, async (name) => report(await ask({ name, runtime, control })));
        await new Promise((done) => setTimeout(done, 50));
        return ask({});
      },
      close: () => browser.close(),
    };
  } catch (error) {
    await browser?.close();
    throw error;
  }
}

async function nameOf(page) {
  const agent = await page.evaluate(() => navigator.userAgent);
  return agent
    .match(/(Firefox|Chrome)\/(\d+)/)
    .slice(1, 3)
    .map((text) => text.replace('Chrome', 'Chromium'));
}

// What runs in the page.

async function loadInPage(module) {
  await import(module);
}

function loadInWorker(module) {
  return new Promise((done, fail) => {
    const worker = new Worker(module, { type: 'module' });
    const asked = new Map();
    let count = 0;
    globalThis.work = (message) =>
      new Promise((resolve) => {
        asked.set(++count, resolve);
        worker.postMessage({ number: count, message });
      });
    worker.onerror = ({ message }) => fail(new Error(`expected the worker to start, found ${message}`));
    worker.onmessage = ({ data }) => {
      if (data === 'ready') return done();
      asked.get(data.number)(data.answer);
      asked.delete(data.number);
    };
  });
}
