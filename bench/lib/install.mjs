// Installs what bench/package.json pins, when it is not there.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT, Steps } from '../../scripts/lib/console.mjs';
import { npmInstall } from '../../scripts/lib/tools.mjs';

const FOLDER = join(ROOT, 'bench');

/** Peers and Nodes, some 400 MB: only whoever measures pays for them. */
export async function installPeers() {
  if (present()) return;
  console.log(
    'The benchmarks compare with pinned packages, on pinned Nodes: they are installed in bench/, once, 400 MB.',
  );
  const steps = new Steps(1);
  // Some peers say that they want a newer Node than the one that installs them; they are run on both all the same.
  await steps.step('npm ci in bench/', () => npmInstall('bench'));
}

function present() {
  return Object.entries(pinned()).every(([name, version]) => name === OURS || installed(name) === version);
}

const OURS = 'eventsource-wasm';

/** @returns {Record<string, string>} each peer and its version, without what it is called here in place of its name */
export function peers() {
  return Object.fromEntries(Object.entries(pinned()).filter(([name]) => name !== OURS));
}

function pinned() {
  const { devDependencies } = JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8'));
  return Object.fromEntries(
    Object.entries(devDependencies).map(([name, version]) => [name, version.replace(/^npm:.*@/, '')]),
  );
}

function installed(name) {
  const path = join(FOLDER, 'node_modules', name, 'package.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).version : undefined;
}
