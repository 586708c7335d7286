// The demo as a visitor meets it: started with the command that `npm start` runs, and its page in Chromium.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export const viewports = { phone: { width: 390, height: 844 }, desktop: { width: 1440, height: 900 } };

// A browser logs each refused and each broken response by itself. These are what the tests provoke.
const PROVOKED = /net::ERR_INCOMPLETE_CHUNKED_ENCODING|status of 401/;

/** Starts the demo on a free port and reads its address from what it prints. */
export async function startDemo() {
  const child = spawn(process.execPath, ['scripts/start.mjs'], {
    cwd: ROOT,
    env: { ...process.env, PORT: '0', UPSTREAM: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise((done) => child.once('close', done));
  let output = '';
  const url = await new Promise((done, fail) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (piece) => {
        output += piece;
        const match = /The demo is at (http:\S+?)\/?\s/.exec(output);
        if (match) done(match[1]);
      });
    }
    exited.then((code) => fail(new Error(`expected the demo to start, found exit code ${code}:\n${output}`)));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  return { url, stop };
}

export async function visit(browser, demo, viewport, options = {}) {
  const page = await browser.newPage({ viewport, colorScheme: 'light', ...options });
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !PROVOKED.test(message.text())) problems.push(message.text());
  });
  await page.goto(`${demo.url}/`);
  await page.waitForFunction(() => document.getElementById('footer').textContent !== '');
  return { page, problems };
}

export function text(page, selector) {
  return page.locator(selector).first().textContent();
}

export async function assertFits(page) {
  const { content, width } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    width: innerWidth,
  }));
  assert.ok(content <= width, `expected nothing wider than ${width} px, found ${content} px`);
}
