// Finds a Chromium that is installed (on Debian and Ubuntu, installs one) and starts it for tests.
//
//   import { launchChromium } from '../../scripts/lib/chromium.mjs';
//   const browser = await launchChromium();          // a playwright-core Browser
//   const page = await (await browser.newContext()).newPage();
//   ...
//   await browser.close();
//
// `launchChromium(options)` passes `options` on to playwright's `chromium.launch`. `findChromium()` answers the path or
// undefined, `ensureChromium()` the path or an Error whose message says how to get one. $CHROMIUM_PATH goes first.
// `ensureChromedriver()` does the same for the WebDriver server, with $CHROMEDRIVER.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { homedir } from 'node:os';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'microsoft-edge'];
const MAC_APPS = ['Chromium', 'Google Chrome', 'Microsoft Edge', 'Google Chrome for Testing'];

// Nothing here may reach out to the network on its own while tests run.
export const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

/** Path of an installed Chromium (or Chrome, Edge), or undefined. */
export function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named) {
    if (isExecutable(named)) return named;
    throw new Error(`expected $CHROMIUM_PATH to name a browser's executable, found ${named}`);
  }
  return candidates().find(isExecutable);
}

function candidates() {
  const inPath = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const found = NAMES.flatMap((name) => inPath.map((folder) => join(folder, name)));
  if (process.platform === 'darwin') {
    for (const root of ['/Applications', join(homedir(), 'Applications')])
      for (const app of MAC_APPS) found.push(join(root, `${app}.app`, 'Contents', 'MacOS', app));
  }
  if (process.platform === 'win32') {
    const roots = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA];
    for (const root of roots.filter(Boolean)) {
      found.push(join(root, 'Chromium', 'Application', 'chrome.exe'));
      found.push(join(root, 'Google', 'Chrome', 'Application', 'chrome.exe'));
      found.push(join(root, 'Microsoft', 'Edge', 'Application', 'msedge.exe'));
    }
  }
  return found;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Like `findChromium`, but installs one where that is possible without asking, and otherwise throws how to get one. */
export function ensureChromium(say = console.log) {
  const found = findChromium();
  if (found) return found;
  if (installWithApt('chromium', say)) {
    const installed = findChromium();
    if (installed) return installed;
  }
  throw new Error(
    'expected an installed Chromium for the browser tests, found none. Install one (Debian: `sudo apt-get install ' +
      'chromium`, Fedora: `sudo dnf install chromium`, macOS: `brew install --cask chromium`, or Google Chrome or Edge ' +
      'from their own pages), or name its executable in $CHROMIUM_PATH.',
  );
}

/** Path of the WebDriver server that fits the Chromium installed. */
export function ensureChromedriver(say = console.log) {
  const name = process.platform === 'win32' ? 'chromedriver.exe' : 'chromedriver';
  const find = () => process.env.CHROMEDRIVER || findExecutable([name]);
  const found = find() ?? (installWithApt('chromium-driver', say) ? find() : undefined);
  if (found) return found;
  throw new Error(
    'expected an installed chromedriver for the tests of the Rust client, found none. Install the one of your browser’s ' +
      'version (Debian: `sudo apt-get install chromium-driver`, Fedora: `sudo dnf install chromedriver`, macOS: `brew ' +
      'install --cask chromedriver`), or name its executable in $CHROMEDRIVER.',
  );
}

/** The first of these programs that is in the PATH, or there where a name is a path. */
export function findExecutable(names) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => resolve(folder, name))).find(isExecutable);
}

/** `wanted` is the name of a package on Debian. */
export function installWithApt(wanted, say) {
  if (process.platform !== 'linux' || !isExecutable('/usr/bin/apt-get')) return false;
  // On Ubuntu the packages are pointers to a snap, under other names.
  const ubuntu = /^ID=ubuntu$/m.test(readFileSync('/etc/os-release', 'utf8'));
  const names = { chromium: 'chromium-browser', 'chromium-driver': 'chromium-chromedriver', 'firefox-esr': 'firefox' };
  const name = (ubuntu && names[wanted]) || wanted;
  const root = process.getuid?.() === 0;
  if (!root && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) return false;
  const apt = (...args) => {
    const command = [...(root ? [] : ['sudo', '-n']), 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
    say(`  ${command.join(' ')}`);
    return spawnSync(command[0], command.slice(1), { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
  };
  say(`No ${wanted} found: installing the distribution’s package`);
  const install = ['install', '-y', '--no-install-recommends', name];
  return apt(...install) || (apt('update') && apt(...install));
}

/** Starts a headless Chromium; `options` go to playwright-core's `chromium.launch`. */
export async function launchChromium(options = {}) {
  const { chromium } = await import('playwright-core');
  const { args = [], ...rest } = options;
  return chromium.launch({
    executablePath: ensureChromium(),
    // Chromium refuses its sandbox to root, and containers often lack what it needs.
    chromiumSandbox: process.platform !== 'linux',
    args: [...FLAGS, ...args],
    ...rest,
  });
}
