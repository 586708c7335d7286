// Packages that only some tests need: pinned in a package.json of the folder of those tests.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './console.mjs';
import { locked } from './lock.mjs';
import { npmInstall } from './tools.mjs';

/** Installs what the package.json of a folder (from the root) pins, when it is not there. `what` tells the user what it is. */
export async function ensurePackages(folder, what) {
  if (upToDate(folder)) return;
  // Test files run side by side.
  await locked('target/npm/packages.lock', async () => {
    if (upToDate(folder)) return;
    console.log(`  npm ci in ${folder}: ${what}`);
    // No package's script has to run: what is a program is called where it lies.
    await npmInstall(folder, '--ignore-scripts');
  });
}

/** Whether all that is there has the version that is pinned, and nothing is missing but what is optional. */
function upToDate(folder) {
  const { devDependencies = {}, optionalDependencies = {} } = packageOf(folder);
  const found = (name) => packageOf(`${folder}/node_modules/${name}`)?.version;
  // A link to this package has whatever version it has.
  const matches = ([name, version]) =>
    version.startsWith('file:') ? found(name) : found(name) === version.replace(/^npm:.*@/, '');
  const missing = ([name]) => name in optionalDependencies && !found(name);
  const all = Object.entries({ ...devDependencies, ...optionalDependencies });
  return all.every((entry) => missing(entry) || matches(entry));
}

function packageOf(folder) {
  const path = join(ROOT, folder, 'package.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}
