// Nothing is left behind: memory after thousands of connections, and of a thousand at a time.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { launchChromium } from '../../scripts/lib/chromium.mjs';
import { ROOT } from '../../scripts/lib/console.mjs';
import { settle } from '../e2e/check.mjs';
import { median, SCRIPTS, STEP } from './leaks/cycles.mjs';
import { remote } from './suite/remote.mjs';

const TOLERANCE = 0.05;
const IN_NODE = 10_000;
const IN_CHROMIUM = 1000;
const AT_A_TIME = 1000;
// Only what the interpreter needs: compiled code and what it knows of types go on growing for thousands of cycles.
const INTERPRETED = ['--no-opt', '--no-sparkplug', '--no-lazy-feedback-allocation', '--no-flush-bytecode'];
const CHILD = fileURLToPath(new URL('./leaks/node.mjs', import.meta.url));

const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

/** Each throws what is wrong, or tells what it has measured. */
const LEAKS = {
  [`${IN_NODE} connections in Node leave the memory as the first hundred did`]: async (server) => {
    const [endless, ending] = await makeStreams(server);
    const { before, after } = await inNode(['cycles', IN_NODE, endless.url, ending.url], { flags: INTERPRETED });
    await allLeft(endless, ending);
    return compare(before, after);
  },

  [`${IN_CHROMIUM} connections in Chromium leave the memory as the first hundred did`]: async (server) => {
    const [endless, ending] = await makeStreams(server);
    const urls = { endless: endless.url, ending: ending.url };
    const browser = await launchChromium({ args: [`--js-flags=${INTERPRETED.join(' ')} --no-maglev`] });
    try {
      const page = await browser.newPage();
      await page.goto(`${server.home}/`);
      await page.evaluate((module) => import(module).then(() => undefined), '/tests/client/leaks/page.mjs');
      const session = await page.context().newCDPSession(page);
      let before;
      for (let done = 0; done < IN_CHROMIUM; done += STEP) {
        await page.evaluate(([count, given]) => globalThis.runCycles(count, given), [STEP, urls]);
        before ??= await measurePage(page, session);
        await session.send('HeapProfiler.collectGarbage');
      }
      const after = await measurePage(page, session);
      await allLeft(endless, ending);
      return compare(before, after);
    } finally {
      await browser.close();
    }
  },

  [`${AT_A_TIME} connections at a time in one Node`]: async (server) => {
    const body = ['data: first\n\n', { gate: 'second' }, 'data: second\n\n', { gate: 'never' }];
    const run = await remote(server.url).script({ body, forever: true });
    let each;
    const { seen } = await inNode(['many', AT_A_TIME, run.url], {
      first(line) {
        ({ each } = line);
        void run.open('second');
      },
    });
    const { requests, most } = await run.over();
    const found = JSON.stringify([seen, requests.length, most]);
    const expected = JSON.stringify([{ first: AT_A_TIME, second: AT_A_TIME, error: 0 }, AT_A_TIME, AT_A_TIME]);
    if (found !== expected)
      throw new Error(`expected events, requests, connections at a time to be ${expected}, found ${found}`);
    return `${kB(each.used)} of heap and buffers for an idle connection, ${kB(each.rss)} of the process`;
  },
};

function makeStreams(server) {
  const { script } = remote(server.url);
  return Promise.all([SCRIPTS.endless, SCRIPTS.ending].map((answer) => script({ answers: [answer], home: true })));
}

async function allLeft(...runs) {
  for (const run of runs) await run.over();
}

/** The last line that it prints; `first` gets one that is there before. */
async function inNode(args, { flags = [], first = () => undefined }) {
  const child = spawn(process.execPath, ['--expose-gc', ...flags, CHILD, ...args.map(String)], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => {
    output += piece;
    const lines = output.split('\n');
    if (lines.length === 2) first(JSON.parse(lines[0]));
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`expected Node to end with 0, found ${code}`);
  return JSON.parse(output.trim().split('\n').at(-1));
}

async function measurePage(page, session) {
  const found = [];
  for (let round = 0; round < 7; round++) {
    await settle(50);
    await session.send('HeapProfiler.collectGarbage');
    found.push((await session.send('Runtime.getHeapUsage')).usedSize);
  }
  return { heap: median(found), wasm: await page.evaluate(() => globalThis.wasmMemory()) };
}

function compare(before, after) {
  const told = ['heap', 'wasm'].map((what) => {
    const change = after[what] / before[what] - 1;
    return { what, change, text: `${what} ${kB(before[what])} → ${kB(after[what])} (${(change * 100).toFixed(1)} %)` };
  });
  const text = told.map((one) => one.text).join(', ');
  if (told.some(({ change }) => Math.abs(change) > TOLERANCE))
    throw new Error(`expected no more than ±5 %, found ${text}`);
  return text;
}

/** The place `leaks` of the suite: it runs by its own list of names. */
export const startLeaks = (server) => ({
  title: 'Leaks, Node and Chromium',
  names: Object.keys(LEAKS),
  async run(control, names, report) {
    for (const name of names) {
      try {
        report({ name, status: 'passed', measured: await LEAKS[name](server) });
      } catch (error) {
        report({ name, status: 'failed', error: error.stack });
      }
    }
    return [];
  },
  close: async () => undefined,
});
