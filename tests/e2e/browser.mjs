// Chromium with a page of the end-to-end worker in real workerd.

import { launchChromium } from '../../scripts/lib/chromium.mjs';
import { startWorkerd } from '../../scripts/lib/workerd.mjs';

/** `{ page, server, url, log(run), close() }`; the page has the package as `globalThis.sse`. */
export async function openEndToEnd() {
  const server = await startWorkerd({ entry: 'tests/e2e/worker.mjs', assets: 'dist' });
  let browser;
  try {
    browser = await launchChromium();
    const page = await browser.newPage();
    await page.goto(`${server.url}/`);
    await page.evaluate(async () => {
      globalThis.sse = await import('/dist/index.js');
    });
    const log = async (run) => (await fetch(`${server.url}/log?run=${run}`)).json();
    const close = () => Promise.all([browser.close(), server.close()]);
    return { page, server, url: server.url, log, close };
  } catch (error) {
    await browser?.close();
    await server.close();
    throw error;
  }
}
