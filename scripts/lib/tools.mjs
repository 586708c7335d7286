// Looks for the tools that a build needs and gets those that can be had without asking.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { exec, Expected, ROOT } from './console.mjs';

export const WASM_TARGET = 'wasm32-unknown-unknown';

/** Every script starts with this: the rest of the code already needs Node 20. */
export function requireNode() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major >= 20) return;
  throw new Expected(
    `Node.js 20 or newer is needed, and this is ${process.versions.node}. Get a newer one from https://nodejs.org, or with your ` +
      'version manager (for example `nvm install 22`), then run the same command again.',
  );
}

/** Version lines of rustc and cargo, which also tells whether they are there. */
export async function requireRust() {
  const rustc = await exec('rustc', ['-V'], { check: false });
  if (rustc.code === 0) return rustc.stdout.trim();
  const rustup = await exec('rustup', ['--version'], { check: false });
  throw new Expected(
    rustup.code === 0
      ? `rustup is there, but the Rust toolchain that rust-toolchain.toml names can't be used. rustc said:\n\n  ${rustc.output.trim()}`
      : 'Rust is needed to build the WebAssembly modules, and neither rustc nor rustup is in the PATH. Get rustup from ' +
          'https://rustup.rs (no root needed), open a new shell, and run the same command again. Nothing else has to be ' +
          'set up: the toolchain and the wasm target come by themselves.',
  );
}

/** Whether rustc can already compile for wasm32. */
export async function hasWasmTarget() {
  const { code, stdout } = await exec('rustc', ['--print', 'target-libdir', '--target', WASM_TARGET], { check: false });
  if (code !== 0) return false;
  const { existsSync } = await import('node:fs');
  return existsSync(stdout.trim());
}

export async function addWasmTarget() {
  const rustup = await exec('rustup', ['--version'], { check: false });
  if (rustup.code !== 0) {
    throw new Expected(
      `This Rust has no standard library for ${WASM_TARGET}, and without rustup the build can't add it. Either install ` +
        'Rust with rustup (https://rustup.rs), or the package of your distribution that has this target (Debian: ' +
        'libstd-rust-dev-wasm32, Fedora: rust-std-static-wasm32-unknown-unknown), then run the same command again.',
    );
  }
  await exec('rustup', ['target', 'add', WASM_TARGET]);
}

/** Whether node_modules has exactly the versions that package.json pins. */
export function npmPackagesPresent() {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return Object.entries(devDependencies).every(([name, version]) => {
    try {
      return JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')).version === version;
    } catch {
      return false;
    }
  });
}

/** `npm ci` in a folder from the root; `options` are further ones of npm. */
export async function npmInstall(folder = '', ...options) {
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...options];
  const cwd = join(ROOT, folder);
  // Under `npm run` npm's own script is known; elsewhere it is looked for in the PATH.
  const own = process.env.npm_execpath;
  if (own && /npm-cli\.[cm]?js$/.test(own)) await exec(process.execPath, [own, ...args], { cwd });
  else await exec(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { cwd });
}
