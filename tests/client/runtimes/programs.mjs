// Node, Deno and Bun: which programs run a module, and their versions.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import { installed } from './install.mjs';

const { platform, arch } = process;
const exe = platform === 'win32' ? '.exe' : '';

/** By the runtime's name: `{ title, command }`, or undefined where there is none for this machine. */
export const PROGRAMS = {
  /** The Node that runs this. */
  node: async () => ({ title: `Node ${process.versions.node}`, command: [process.execPath] }),

  async node24() {
    const path = await find('NODE24', `node24-${platform}-${arch}/bin/node${exe}`);
    return path && { title: `Node ${versionOf(path).replace(/^v/, '')}`, command: [path] };
  },

  async deno() {
    const path = await find('DENO', `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}/deno${exe}`);
    // Without a lock file it writes none.
    const command = [path, 'run', '-A', '--no-lock'];
    return path && { title: `Deno ${versionOf(path).match(/deno (\S+)/)?.[1]}`, command };
  },

  async bun() {
    const of = { win32: 'windows' }[platform] ?? platform;
    const path = await find('BUN', `@oven/bun-${of}-${arch === 'arm64' ? 'aarch64' : arch}/bin/bun${exe}`);
    return path && { title: `Bun ${versionOf(path)}`, command: [path, 'run'] };
  },
};

const versionOf = (path) => spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.trim();

/** The program of a package, called directly: the package's own script to place it is not run. */
async function find(variable, path) {
  const named = process.env[variable];
  if (named) return named;
  const program = await installed(path);
  return existsSync(program) ? program : undefined;
}
