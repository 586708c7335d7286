// Installs what tests/runtimes/package.json pins, when it is not there.

import { join } from 'node:path';

import { ROOT } from '../../../scripts/lib/console.mjs';
import { ensurePackages } from '../../../scripts/lib/packages.mjs';

/** A path within its packages. Some 440 MB: only whoever runs the tests pays for them, once. */
export async function installed(path) {
  await ensurePackages('tests/runtimes', 'Node 24, Deno, Bun and what drives Firefox (once, 440 MB)');
  return join(ROOT, 'tests/runtimes/node_modules', path);
}
