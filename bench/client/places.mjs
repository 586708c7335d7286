// Where contestants take turns: a Node, and a Chromium page.

import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { launchChromium } from '../../scripts/lib/chromium.mjs';
import { cpuOf } from '../server/cpu.mjs';
import { startChild } from './child.mjs';

/** A client in a Node of `nodes()`. */
export async function openNode({ name, path }) {
  // UNDICI-ES: that its EventSource is experimental.
  const child = await startChild('client/node.mjs', {
    node: path,
    flags: ['--expose-gc', '--disable-warning=UNDICI-ES'],
  });
  return {
    name,
    contestants: await child.call('contestants'),
    check: (...args) => child.call('check', ...args),
    turn: (...args) => child.call('turn', ...args),
    watch: (...args) => child.call('watch', ...args),
    close: child.close,
  };
}

/**
 * A page that a running source (client/source.mjs) serves, and that asks it for its tasks. For nobody may look at it by the
 * DevTools protocol: Chromium tells whoever looks, as Playwright does, each event of a native `EventSource`, which then
 * takes several times as long. `watched` opens such a page, to show that.
 */
export async function openChromium(source, origin, { watched = false } = {}) {
  await source.call('page', await bundle());
  const browser = await launchChromium({ args: ['--js-flags=--expose-gc'] });
  try {
    const session = await browser.newBrowserCDPSession();
    if (watched) await (await browser.newPage()).goto(origin);
    else await openAlone(session, origin);
    const call = (method, ...args) => source.call('inPage', method, ...args);
    const contestants = await call('contestants');
    const pid = await rendererOf(session);
    const timed = async (method, ...args) => {
      await call('tidy');
      const before = cpuOf(pid);
      const found = await call(method, ...args);
      return { ...found, cpu: before === undefined ? undefined : cpuOf(pid) - before };
    };
    return {
      name: `Chromium ${browser.version().split('.')[0]}`,
      contestants,
      hasCpu: cpuOf(pid) !== undefined,
      clocks: () => call('compareClocks'),
      check: (...args) => call('check', ...args),
      turn: (...args) => timed('turn', ...args),
      watch: (...args) => timed('watch', ...args),
      close: () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** In a context that Playwright does not know, so that it does not look at what is opened there. */
async function openAlone(session, url) {
  const { browserContextId } = await session.send('Target.createBrowserContext');
  await session.send('Target.createTarget', { url, browserContextId });
}

/** The process of the one page that has done something. */
async function rendererOf(session) {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter(({ type }) => type === 'renderer');
  return renderers.reduce((most, process) => (process.cpuTime > most.cpuTime ? process : most)).id;
}

/** The page's script, with all that it needs. */
async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./page.mjs', import.meta.url))],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0].text;
}
