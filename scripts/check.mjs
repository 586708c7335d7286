// `npm run check`: formatting, lints and types of the whole tree, warnings as errors. Everything is tried, then the failures are named.

import { join } from 'node:path';

import { build } from './lib/build.mjs';
import { exec, Expected, ROOT, run, Steps } from './lib/console.mjs';
import { WASM_TARGET } from './lib/tools.mjs';
import { ARTIFACTS, rustflags } from './lib/wasm.mjs';

const bin = (path, ...args) => [process.execPath, [join(ROOT, 'node_modules', path), ...args]];
const clippy = (args, env) => ['cargo', ['clippy', '--locked', '--quiet', ...args, '--', '-D', 'warnings'], env];
// With the flags of the build: what is behind `cfg(target_feature = "simd128")` is code too.
const wasmFlags = rustflags();

const CHECKS = [
  ['rustfmt', ['cargo', ['fmt', '--check']]],
  ['rustfmt, tools', ['cargo', ['fmt', '--check', '--manifest-path', 'tools/bindgen/Cargo.toml']]],
  ['rustfmt, example', ['cargo', ['fmt', '--check', '--manifest-path', 'examples/rust-worker/Cargo.toml']]],
  ['clippy, host', clippy(['--all-targets', '--features', 'client,server'])],
  ...Object.entries(ARTIFACTS).map(([name, features]) => [
    `clippy, ${WASM_TARGET}, ${name}`,
    clippy(['--lib', '--target', WASM_TARGET, '--features', features], wasmFlags),
  ]),
  ...[
    ['client', 'web'],
    ['server', 'web-server'],
  ].map(([feature, test]) => [
    `clippy, ${WASM_TARGET}, ${feature} for Rust`,
    clippy(['--lib', '--test', test, '--target', WASM_TARGET, '--features', `${feature},serde`]),
  ]),
  [
    'rustdoc',
    [
      'cargo',
      ['doc', '--locked', '--quiet', '--no-deps', '--target', WASM_TARGET, '--features', 'client,server,serde'],
      { RUSTDOCFLAGS: '-D warnings' },
    ],
  ],
  [
    'TypeScript',
    bin('typescript/bin/tsc', '-p', 'tsconfig.json', '--noEmit', '--noUnusedLocals', '--noUnusedParameters'),
  ],
  ['ESLint', bin('eslint/bin/eslint.js', '--max-warnings', '0', '.')],
  ['Prettier', bin('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.')],
];

await run(async () => {
  await build({ quiet: true });
  const steps = new Steps(CHECKS.length);
  const failed = [];
  for (const [name, [command, args, env]] of CHECKS) {
    await steps.step(name, async () => {
      const { code, output } = await exec(command, args, { env, check: false });
      if (code === 0) return 'ok';
      failed.push(`${name}:\n${output.replace(/^/gm, '  ')}`);
      return 'FAILED';
    });
  }
  if (failed.length) throw new Expected(failed.join('\n\n'));
});
