// Chromium and Firefox, each with a page that has the tests' script.

import { launchChromium } from '../../../scripts/lib/chromium.mjs';
import { launchFirefox } from '../../../scripts/lib/firefox.mjs';

export const BROWSERS = { Chromium: launchChromium, Firefox: launchFirefox };

/** A page of a server (see lib/serve.mjs) in a browser of its own: `title`, `evaluate` and `close`, which ends the browser. */
export async function openPage(name, url) {
  const browser = await BROWSERS[name]();
  try {
    const page = await browser.newPage();
    await page.goto(`${url}/`);
    await page.waitForFunction(() => globalThis.interop);
    const version = await page.evaluate(() => navigator.userAgent.match(/(?:Firefox|Chrome)\/(\d+)/)[1]);
    return {
      title: `${name} ${version}`,
      evaluate: (work, given) => page.evaluate(work, given),
      close: () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}
