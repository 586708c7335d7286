// Finds a Firefox that is installed, or on Debian installs one, and starts it for tests.

import { installed } from '../../tests/client/runtimes/install.mjs';
import { findExecutable, installWithApt } from './chromium.mjs';

const NAMES = ['firefox-esr', 'firefox'];
const MAC_APP = '/Applications/Firefox.app/Contents/MacOS/firefox';

/** Path of a Firefox; $FIREFOX_PATH goes first. Throws how to get one. */
export function ensureFirefox(say = console.log) {
  const find = () => process.env.FIREFOX_PATH || findExecutable([...NAMES, MAC_APP]);
  const found = find() ?? (installWithApt('firefox-esr', say) ? find() : undefined);
  if (found) return found;
  throw new Error(
    'expected an installed Firefox for the tests, found none. Install one (Debian: `sudo apt-get install ' +
      'firefox-esr`, elsewhere from https://www.mozilla.org/firefox), or name its executable in $FIREFOX_PATH.',
  );
}

/** Starts a headless Firefox: a puppeteer Browser, over WebDriver BiDi. */
export async function launchFirefox() {
  const executablePath = ensureFirefox();
  const entry = await installed('puppeteer-core/lib/esm/puppeteer/puppeteer-core.js');
  const { default: puppeteer } = await import(entry);
  return puppeteer.launch({ browser: 'firefox', executablePath, headless: true });
}
