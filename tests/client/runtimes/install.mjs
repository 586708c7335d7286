// Installs what tests/runtimes/package.json pins, when it is not there.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { exec, ROOT } from '../../../scripts/lib/console.mjs';

const FOLDER = join(ROOT, 'tests/runtimes');

/** A path within its packages. Some 440 MB: only whoever runs the tests pays for them, once. */
export async function installed(path) {
  if (!upToDate()) {
    console.log('  npm ci in tests/runtimes: Node 24, Deno, Bun and what drives Firefox (once, 440 MB)');
    // The programs are called where they lie, so that no package's script has to run.
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const own = process.env.npm_execpath;
    if (own && /npm-cli\.[cm]?js$/.test(own)) await exec(process.execPath, [own, ...args], { cwd: FOLDER });
    else await exec(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { cwd: FOLDER });
  }
  return join(FOLDER, 'node_modules', path);
}

/** Whether all that is there has the version that is pinned, and something is there. */
function upToDate() {
  const { devDependencies, optionalDependencies } = packageOf(FOLDER);
  const all = Object.entries({ ...devDependencies, ...optionalDependencies });
  const matches = ([name, version]) => versionOf(name) === version.replace(/^npm:.*@/, '');
  return all.every((entry) => (entry[0] in optionalDependencies && !versionOf(entry[0])) || matches(entry));
}

function versionOf(name) {
  const folder = join(FOLDER, 'node_modules', name);
  return existsSync(join(folder, 'package.json')) ? packageOf(folder).version : undefined;
}

const packageOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
