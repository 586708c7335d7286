// The build: every step that is not up to date, in order.

import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

import { exec, Expected, ROOT, Steps } from './console.mjs';
import { files, fingerprint, Memory } from './inputs.mjs';
import { locked } from './lock.mjs';
import * as tools from './tools.mjs';
import * as wasm from './wasm.mjs';

const STATE = 'target/npm/state.json';
const NEXT = 'dist.next';

/** Brings dist/ up to date. With `quiet` nothing is printed if there is nothing to do. */
export async function build({ quiet = false } = {}) {
  tools.requireNode();
  await locked('target/npm/build.lock', () => buildAlone(quiet));
}

async function buildAlone(quiet) {
  const memory = new Memory(STATE);
  const plan = await makePlan(memory);
  if (quiet && plan.every((step) => step.fresh)) return;
  const steps = new Steps(plan.length);
  for (const step of plan) {
    if (step.isFresh()) steps.skip(step.title);
    else await steps.step(step.title, async () => step.run());
  }
}

async function makePlan(memory) {
  const rust = await tools.requireRust();
  const scripts = ['wasm', 'glue', 'panics', 'embed'].map((name) => `scripts/lib/${name}.mjs`);
  const plan = [];
  const add = (title, isFresh, run) => plan.push({ title, isFresh, fresh: isFresh(), run });
  /** A step that is fresh as long as the hash of its inputs stays the same. */
  const remember = (title, inputs, outputs, run) => {
    const isFresh = () => memory.isFresh(title, inputs(), outputs());
    add(title, isFresh, async () => {
      const hash = inputs();
      const note = await run();
      memory.set(title, hash);
      return note;
    });
  };

  add('npm packages', tools.npmPackagesPresent, () => tools.npmInstall());

  const target = await tools.hasWasmTarget();
  add(`Rust target ${tools.WASM_TARGET}`, () => target, tools.addWasmTarget);

  const toolInputs = () => {
    wasm.checkBindgenVersion();
    return fingerprint(files('tools/bindgen'), rust);
  };
  remember('wasm-bindgen tool', toolInputs, () => [wasm.bindgenPath], wasm.buildBindgen);

  const crate = [
    'scripts/lib/wasm.mjs',
    'Cargo.toml',
    'Cargo.lock',
    'rust-toolchain.toml',
    ...files('src', (path) => path.endsWith('.rs') || !path.includes('.')),
  ];
  for (const name of Object.keys(wasm.ARTIFACTS)) {
    const raw = `target/npm/raw/${name}.wasm`;
    const compileInputs = () => fingerprint([...crate], rust, wasm.wasmSettings[0], wasm.ARTIFACTS[name]);
    remember(
      `${name}: compile`,
      compileInputs,
      () => [raw],
      () => wasm.compile(name),
    );
    const finishInputs = () =>
      fingerprint([raw, ...files('tools/bindgen'), ...scripts].filter(there), wasm.wasmSettings, version('binaryen'));
    remember(
      `${name}: bindings, optimise, embed`,
      finishInputs,
      () => wasm.outputs(name),
      () => wasm.finish(name),
    );
  }

  const typescriptInputs = () => {
    const generated = files(wasm.GENERATED);
    return fingerprint(
      ['tsconfig.json', 'package.json', 'scripts/lib/build.mjs', ...files('js'), ...generated],
      version('typescript'),
    );
  };
  remember('TypeScript', typescriptInputs, distFiles, compileTypeScript);
  return plan;
}

function there(path) {
  return existsSync(join(ROOT, path));
}

function version(name) {
  try {
    return JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')).version;
  } catch {
    return 'none';
  }
}

/** What must be in dist/: one module for each source, and the generated ones. */
function distFiles() {
  const sources = files('js', (path) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
  const compiled = sources.map((path) => path.replace(/^js\//, 'dist/').replace(/\.ts$/, '.js'));
  return [...compiled, ...files(wasm.GENERATED).map((path) => `dist/wasm/${basename(path)}`)];
}

async function compileTypeScript() {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  // Beside dist/, so that the maps' relative paths are right, and exchanged at the end: a running test or demo never sees
  // half of it, and a file whose source is gone does not stay.
  const next = join(ROOT, NEXT);
  rmSync(next, { recursive: true, force: true });
  mkdirSync(join(next, 'wasm'), { recursive: true });
  for (const path of files(wasm.GENERATED)) cpSync(join(ROOT, path), join(next, 'wasm', basename(path)));
  const pretty = String(Boolean(process.stdout.isTTY));
  const args = [tsc, '-p', 'tsconfig.json', '--outDir', NEXT, '--pretty', pretty];
  const { code, output } = await exec(process.execPath, args, { check: false });
  if (code !== 0) throw new Expected(`TypeScript found errors:\n${output.replace(/^/gm, '  ')}`);
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  renameSync(next, join(ROOT, 'dist'));
}
