// Node, Deno and Bun: processes that run the suite by themselves.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { ROOT } from '../../../scripts/lib/console.mjs';
import { installed } from './install.mjs';

const CHILD = fileURLToPath(new URL('./child.mjs', import.meta.url));
const { platform, arch } = process;
const exe = platform === 'win32' ? '.exe' : '';

/** The Node that runs this. */
export const startNode = () => open('node', `Node ${process.versions.node}`, [process.execPath]);

/** The program of Node 24, where there is one for this platform. */
export const findNode24 = () => find('NODE24', `node24-${platform}-${arch}/bin/node${exe}`);

export async function startNode24() {
  const path = await findNode24();
  return path && open('node', `Node ${versionOf(path).replace(/^v/, '')}`, [path]);
}

export async function startDeno() {
  const path = await find('DENO', `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}/deno${exe}`);
  // Without a lock file it writes none.
  return path && open('deno', `Deno ${versionOf(path).match(/deno (\S+)/)?.[1]}`, [path, 'run', '-A', '--no-lock']);
}

export async function startBun() {
  const of = { win32: 'windows' }[platform] ?? platform;
  const path = await find('BUN', `@oven/bun-${of}-${arch === 'arm64' ? 'aarch64' : arch}/bin/bun${exe}`);
  return path && open('bun', `Bun ${versionOf(path)}`, [path, 'run']);
}

const versionOf = (path) => spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.trim();

/** The program of a package, called directly: the package's own script to place it is not run. */
async function find(variable, path) {
  const named = process.env[variable];
  if (named) return named;
  const program = await installed(path);
  return existsSync(program) ? program : undefined;
}

function open(runtime, title, [command, ...args]) {
  const run = (control, names, report) =>
    new Promise((done, fail) => {
      const child = spawn(command, [...args, CHILD, runtime, control, JSON.stringify(names)], {
        cwd: ROOT,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [output, noise, rejections] = ['', '', undefined];
      child.stderr.setEncoding('utf8').on('data', (piece) => (noise += piece));
      child.stdout.setEncoding('utf8').on('data', (piece) => {
        const lines = (output + piece).split('\n');
        output = lines.pop();
        for (const line of lines) {
          const value = JSON.parse(line);
          if (value.rejections) ({ rejections } = value);
          else report(value);
        }
      });
      child.once('error', fail);
      child.once('close', (code, signal) => {
        if (rejections) done(rejections);
        else
          fail(
            new Error(
              `expected ${title} to run the suite to its end, found ${signal ?? `exit code ${code}`}:\n${noise}`,
            ),
          );
      });
    });
  return { title, run, close: async () => undefined };
}
