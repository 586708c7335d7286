// From the crate to the three artifacts of the npm package: cargo, wasm-bindgen, wasm-opt, and the module as a string.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, sep } from 'node:path';

import { exec, Expected, ROOT } from './console.mjs';
import { embed } from './embed.mjs';
import { functionsOf, keepExports, trimTypes } from './glue.mjs';
import { blankPanics } from './panics.mjs';
import { WASM_TARGET } from './tools.mjs';

/** Each entry of the package has its own artifact, so that nobody downloads what another entry needs. */
export const ARTIFACTS = { parser: 'npm', client: 'npm,client', server: 'npm,server' };

// Cargo's folders: apart from `target` itself, so that a running `cargo test` or editor does not hold up the build.
const CARGO_FOLDER = 'target/wasm';
const TOOL_FOLDER = 'target/tools';
/** Generated modules; tsc sees this folder laid over js/ (`rootDirs`). */
export const GENERATED = 'target/npm/wasm';

// Eager inlining is most of what opt-level 3 costs: with this limit the parser went from 11.3 to 8.7 kB gzip, and with
// opt-level 2 to 8.2. Levels s and z save another 1 % or nothing, and inline less of the scan.
const OPT_LEVEL = '2';
const RUSTFLAGS = [
  '-Ctarget-feature=+simd128',
  '-Cllvm-args=-inline-threshold=25',
  // The loops that are worth it are written with SIMD; unrolling the others cost the parser 0.4 KB gzip.
  '-Cno-vectorize-loops',
  '-Cno-vectorize-slp',
  '-Cllvm-args=-unroll-threshold=0',
  '-Cllvm-args=-unroll-runtime=false',
  // Instead of a megabyte, of which the tests use 200 bytes: addresses behind it are two bytes, not four. The stack lies in front of
  // all else, so that running over it is a trap.
  '-Clink-arg=-zstack-size=4096',
];

// Without --strip-target-features rustc's list of features stays in. `-tnh` (traps never happen) is not used: a panic
// is a trap here, and must stay one.
const WASM_OPT = [
  // Below 1 KiB is the end of the stack, which is not used so far.
  ...['--low-memory-unused', '-O3', '--converge', '--dealign', '--reorder-functions'],
  ...['--strip-debug', '--strip-producers', '--strip-target-features'],
];
// Control flow made anew: 2.5 % smaller. A tiny event then takes the scanner 7 ns instead of 5, which is a fifth of what one costs in
// the parser, and nothing beside the dispatch of one in the client.
const RELOOP = ['--flatten', '--rereloop'];
const PASSES = { parser: WASM_OPT, client: [...RELOOP, ...WASM_OPT], server: [...RELOOP, ...WASM_OPT] };

const exe = process.platform === 'win32' ? '.exe' : '';
export const bindgenPath = `${TOOL_FOLDER}/release/bindgen${exe}`;

/** Files of an artifact: generated ones, and those of the package that are copied. */
export function outputs(name) {
  return ['exports.d.ts', 'bytes.js', 'bytes.d.ts', 'wasm'].map((end) => `${GENERATED}/${name}.${end}`);
}

/** What a change of the flags has to rebuild. */
export const wasmSettings = [[OPT_LEVEL, ...RUSTFLAGS], PASSES, ARTIFACTS];

export function checkBindgenVersion() {
  const wanted = lockedVersion('Cargo.lock', 'wasm-bindgen');
  const tool = lockedVersion('tools/bindgen/Cargo.lock', 'wasm-bindgen-cli-support');
  if (wanted === tool) return;
  throw new Expected(
    `The crate uses wasm-bindgen ${wanted} (Cargo.lock), but the build tool has ${tool} (tools/bindgen/Cargo.lock); they have to ` +
      `be the same. Write \`wasm-bindgen-cli-support = "=${wanted}"\` into tools/bindgen/Cargo.toml, run \`cargo update ` +
      '--manifest-path tools/bindgen/Cargo.toml`, and build again.',
  );
}

function lockedVersion(path, name) {
  const lock = readFileSync(join(ROOT, path), 'utf8');
  const found = new RegExp(`^name = "${name}"\r?\nversion = "([^"]+)"`, 'm').exec(lock);
  if (!found) throw new Expected(`Expected ${path} to have the package ${name}, found none.`);
  return found[1];
}

export async function buildBindgen() {
  await cargo([
    'build',
    '--release',
    '--locked',
    '--manifest-path',
    'tools/bindgen/Cargo.toml',
    '--target-dir',
    TOOL_FOLDER,
  ]);
}

/** Environment that gives cargo the flags of the build. The encoded form wins over flags and configuration of the user's. */
export function rustflags() {
  // Panic locations end up in the modules: they must not tell where on which machine the sources were.
  const registry = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'registry', 'src');
  const indexes = existsSync(registry) ? readdirSync(registry).map((name) => join(registry, name, sep)) : [];
  const remaps = [ROOT, ...indexes].map((folder) => `--remap-path-prefix=${folder}=`);
  return { CARGO_ENCODED_RUSTFLAGS: [...RUSTFLAGS, ...remaps].join('\x1f') };
}

export async function compile(name) {
  // First, so that the folders that `rustflags` looks for are there.
  await cargo(['fetch', '--locked', '--target', WASM_TARGET]);
  const args = ['rustc', '--release', '--locked', '--lib', '--crate-type', 'cdylib', '--target', WASM_TARGET];
  args.push('--target-dir', CARGO_FOLDER, '--features', ARTIFACTS[name]);
  await cargo(args, { ...rustflags(), CARGO_PROFILE_RELEASE_OPT_LEVEL: OPT_LEVEL });
  const folder = join(ROOT, 'target/npm/raw');
  mkdirSync(folder, { recursive: true });
  // Kept under the artifact's name: cargo's own file is the same for all three.
  writeFileSync(
    join(folder, `${name}.wasm`),
    readFileSync(join(ROOT, CARGO_FOLDER, WASM_TARGET, 'release/eventsource_wasm.wasm')),
  );
}

async function cargo(args, env) {
  const { code, output } = await exec('cargo', args, {
    env: { CARGO_TERM_COLOR: process.stdout.isTTY ? 'always' : 'never', ...env },
    check: false,
  });
  if (code !== 0) throw new Expected(`cargo failed:\n${indent(output)}`);
  const warnings = output.match(/^warning: .*generated \d+ warning/gm);
  if (warnings) console.log(indent(output));
}

/** Keeps the compiler's own line breaks. */
function indent(text) {
  return text.replace(/^/gm, '  ');
}

/** Bindings, optimiser and string form of one artifact. Answers a note on its sizes. */
export async function finish(name) {
  const folder = join(ROOT, 'target/npm/bindgen');
  await exec(join(ROOT, bindgenPath), [`target/npm/raw/${name}.wasm`, folder, name]);
  const read = (end) => readFileSync(join(folder, `${name}${end}`));
  const bytes = keepExports(read('_bg.wasm'), functionsOf(read('.js').toString()));
  const short = join(folder, `${name}.short.wasm`);
  writeFileSync(short, blankPanics(bytes));

  mkdirSync(join(ROOT, GENERATED), { recursive: true });
  const write = (end, content) => writeFileSync(join(ROOT, GENERATED, `${name}.${end}`), content);
  const optimised = join(ROOT, GENERATED, `${name}.wasm`);
  await exec(process.execPath, [wasmOptPath(), short, ...PASSES[name], '-o', optimised]);
  const wasm = readFileSync(optimised);
  const [before, after] = [new WebAssembly.Module(bytes), new WebAssembly.Module(wasm)].map(exported);
  if (before !== after) throw new Error(`expected wasm-opt to keep the exports ${before}, found ${after}`);
  const missing = WebAssembly.Module.imports(new WebAssembly.Module(wasm));
  if (missing.length) throw new Error(`expected a module without imports, found ${missing[0].name}`);

  write('exports.d.ts', trimTypes(read('.d.ts').toString()));
  write('bytes.js', embed(wasm));
  write('bytes.d.ts', 'export declare const text: string;\n');
  return `${(wasm.length / 1000).toFixed(1)} kB`;
}

function exported(module) {
  const names = WebAssembly.Module.exports(module).map(({ kind, name }) => `${kind} ${name}`);
  return names.sort().join(', ');
}

/** The npm package's script, run by this Node rather than by what its first line finds. */
function wasmOptPath() {
  const path = join(ROOT, 'node_modules/binaryen/bin/wasm-opt');
  if (existsSync(path)) return path;
  throw new Expected('Expected the npm package binaryen to have bin/wasm-opt, found none. Run `npm ci`.');
}
