// Runs a module of bench/inside/ in a runtime: a Node of its own, or a page of its own in Chromium.
//
// Such a module has one default export, `(input, report) => result`: input and result go through JSON, and `report(text,
// done, total)` tells how far it is.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { findChromium, launchChromium } from '../../scripts/lib/chromium.mjs';
import { nodes } from './nodes.mjs';

const INSIDE = new URL('../inside/', import.meta.url);
const CHILD = fileURLToPath(new URL('./child.mjs', import.meta.url));

/**
 * @param {{ on?: string[] }} options keys of the runtimes that are wanted; all where none are named
 * @returns {{ key: string, name: string, run: (module: string, input: unknown, report: Function) => Promise<any> }[]}
 */
export function runtimes({ on } = {}) {
  const all = nodes().map((node) => ({ ...node, run: (...args) => inNode(node, ...args) }));
  if (findChromium()) all.push({ key: 'chromium', name: 'Chromium', run: inChromium });
  return all.filter(({ key }) => !on || on.includes(key));
}

/** `module` is a name within bench/inside/, without its ending. */
export function inNode({ path, name }, module, input, report = () => {}, { args = [] } = {}) {
  return new Promise((done, fail) => {
    const child = fork(CHILD, [new URL(`${module}.mjs`, INSIDE).href], { execPath: path, execArgv: args });
    let answer;
    child.on('message', (message) => {
      if (message.progress) report(...message.progress);
      else answer = message;
    });
    child.once('error', fail);
    child.once('exit', (code) => {
      if (answer?.failed) fail(new Error(`${name}, ${module}: ${answer.failed}`));
      else if (answer) done(answer.result);
      else fail(new Error(`expected ${name} to run ${module}, found exit code ${code}`));
    });
    child.send(input);
  });
}

async function inChromium(module, input, report = () => {}) {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.exposeFunction('benchReport', (...progress) => report(...progress));
    await page.addScriptTag({ type: 'module', content: await bundleInside(module) });
    await page.waitForFunction(() => globalThis.benchWork);
    return await page.evaluate((given) => globalThis.benchWork(given, globalThis.benchReport), input);
  } finally {
    await browser.close();
  }
}

/** A module of bench/inside/ as a script that sets `globalThis.benchWork`. */
export async function bundleInside(module) {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    stdin: {
      contents: `import work from './${module}.mjs'; globalThis.benchWork = work;`,
      resolveDir: fileURLToPath(INSIDE),
    },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    // What only Node has is imported only there.
    external: ['node:*', 'undici/*'],
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0].text;
}
