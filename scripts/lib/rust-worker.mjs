// Builds examples/rust-worker with the project's own wasm-bindgen: `worker-build`, which does it elsewhere, downloads its own.

import { join } from 'node:path';

import { exec, Expected, ROOT } from './console.mjs';
import { WASM_TARGET } from './tools.mjs';
import { bindgenPath } from './wasm.mjs';

const FOLDER = 'target/rust-worker';
const EXAMPLE = 'examples/rust-worker';

/** Answers the Worker's entry, for `startWorkerd`. The first call takes some minutes. */
export async function buildRustWorker() {
  const place = ['--target', WASM_TARGET, '--manifest-path', `${EXAMPLE}/Cargo.toml`, '--target-dir', FOLDER];
  const { code, output } = await exec('cargo', ['build', '--release', '--locked', ...place], { check: false });
  if (code !== 0) throw new Expected(`cargo failed:\n${output.replace(/^/gm, '  ')}`);
  const raw = join(ROOT, FOLDER, WASM_TARGET, 'release/rust_worker.wasm');
  await exec(join(ROOT, bindgenPath), [raw, join(ROOT, 'target/npm/rust-worker'), 'worker']);
  return `${EXAMPLE}/worker.mjs`;
}
