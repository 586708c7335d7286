// What a bundler ships for an import, in bytes.

import { brotliCompressSync, gzipSync } from 'node:zlib';

import { ROOT } from './console.mjs';

const withoutWasm = {
  name: 'without-wasm',
  setup: (on) => on.onLoad({ filter: /\.bytes\.js$/ }, () => ({ contents: "export const text = '';" })),
};

/**
 * esbuild's minified output for the import of `names` out of `from`.
 *
 * @param {{ scriptOnly?: boolean, resolveDir?: string }} options with `scriptOnly` the wasm is an empty string
 */
export async function bundle(from, names, { scriptOnly = false, resolveDir = ROOT } = {}) {
  const { build } = await import('esbuild');
  const list = names.join(', ');
  const { outputFiles } = await build({
    stdin: { contents: `export { ${list} } from '${from}';`, resolveDir, sourcefile: 'entry.js' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['node:*'],
    write: false,
    plugins: scriptOnly ? [withoutWasm] : [],
  });
  return outputFiles[0].contents;
}

/** Bytes as they are, and as they travel. */
export function sizes(contents) {
  return {
    raw: contents.length,
    gzip: gzipSync(contents, { level: 9 }).length,
    brotli: brotliCompressSync(contents).length,
  };
}
