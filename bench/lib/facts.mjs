// What a result stands on: machine, runtimes, peers, and the commit that was measured.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';

import { findChromium } from '../../scripts/lib/chromium.mjs';
import { ROOT } from '../../scripts/lib/console.mjs';
import { peers } from './install.mjs';
import { missingNodes, nodes } from './nodes.mjs';

/** @returns {string[]} a line a fact */
export function facts({ quick }) {
  const [{ model }] = cpus();
  const machine = `${model}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  const versions = Object.entries(peers()).map(([name, version]) => `${name} ${version}`);
  return [
    `${new Date().toISOString().slice(0, 10)}, eventsource-wasm at ${commit()}${quick ? ', with `--quick`' : ''}`,
    `${machine}, ${process.platform} ${process.arch}, load average ${loadavg()[0].toFixed(1)} at the end`,
    [...nodes().map(({ version }) => `Node ${version}`), chromium()].join(', '),
    ...missingNodes(),
    `Peers: ${versions.join(', ')}`,
  ];
}

function commit() {
  const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    const changed = git('status', '--porcelain', '--', 'src', 'js', 'Cargo.toml', 'scripts/lib') !== '';
    return `commit ${git('rev-parse', '--short', 'HEAD')}${changed ? ' with changes that are not committed' : ''}`;
  } catch {
    return 'an unknown commit';
  }
}

function chromium() {
  const path = findChromium();
  if (!path) return 'no Chromium';
  return spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout?.split(' built')[0].trim() || 'Chromium';
}
