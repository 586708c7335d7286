// The runner of wasm-bindgen-test, of the version that the crate has, in a folder of the project.

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { exec, Expected, ROOT } from './console.mjs';

const FOLDER = 'target/tools';
const exe = process.platform === 'win32' ? '.exe' : '';

/** The runner's path. The first call installs it, which takes some minutes. */
export async function ensureTestRunner(say = console.log) {
  const path = join(ROOT, FOLDER, 'bin', `wasm-bindgen-test-runner${exe}`);
  const { stdout } = await exec('cargo', ['pkgid', '--locked', 'wasm-bindgen']);
  const version = stdout.trim().split('@').at(-1);
  if (existsSync(path) && (await exec(path, ['--version'])).stdout.trim().endsWith(` ${version}`)) return path;
  say(`  cargo install wasm-bindgen-cli --version ${version} (once, some minutes)`);
  // Not --locked: its lock file names a crate that is not published. Unoptimised it builds in half the time.
  const install = ['install', 'wasm-bindgen-cli', '--version', version, '--debug', '--force', '--quiet'];
  const work = `${FOLDER}/cli`;
  const { code, output } = await exec('cargo', [...install, '--root', FOLDER, '--target-dir', work], {
    env: { CARGO_PROFILE_DEV_DEBUG: '0' },
    check: false,
  });
  rmSync(join(ROOT, work), { recursive: true, force: true });
  if (code !== 0) throw new Expected(`cargo install wasm-bindgen-cli failed:\n${output.replace(/^/gm, '  ')}`);
  return path;
}
