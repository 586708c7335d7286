// What a bundler ships for an import, in bytes.

import { relative } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { ROOT } from './console.mjs';

const withoutWasm = {
  name: 'without-wasm',
  setup: (on) => on.onLoad({ filter: /\.bytes\.js$/ }, () => ({ contents: "export const text = '';" })),
};

const withoutLater = {
  name: 'without-later',
  setup: (on) =>
    on.onResolve({ filter: /^/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    ),
};

/** esbuild's minified output for the import of `names` out of `from`, in one file, without what an `import()` loads later. */
export async function bundle(from, names, { resolveDir = ROOT } = {}) {
  const { outputFiles } = await build(from, names, { resolveDir, plugins: [withoutLater] });
  return outputFiles[0].contents;
}

/**
 * What a page loads at first for that import where esbuild splits the code, and, as `later`, what it loads when it is used.
 *
 * @param {{ scriptOnly?: boolean, resolveDir?: string }} options with `scriptOnly` the wasm is an empty string
 */
export async function bundleSizes(from, names, { scriptOnly = false, resolveDir = ROOT } = {}) {
  const plugins = scriptOnly ? [withoutWasm] : [];
  const { outputFiles, metafile } = await build(from, names, { resolveDir, plugins, splitting: true, metafile: true });
  const { outputs } = metafile;
  const first = new Set(Object.keys(outputs).filter((path) => outputs[path].entryPoint?.endsWith('entry.js')));
  for (const path of first) {
    for (const { path: next, kind } of outputs[path].imports)
      if (kind === 'import-statement' && next in outputs) first.add(next);
  }
  const total = (initial) => {
    const files = outputFiles
      .filter(({ path }) => first.has(relative(ROOT, path).replaceAll('\\', '/')) === initial)
      .map(({ contents }) => contents);
    const all = files.map(sizes);
    const sum = (name) => all.reduce((total, one) => total + one[name], 0);
    return { raw: sum('raw'), gzip: sum('gzip'), brotli: sum('brotli') };
  };
  return { ...total(true), later: total(false) };
}

async function build(from, names, { resolveDir, ...options }) {
  const esbuild = await import('esbuild');
  return esbuild.build({
    stdin: { contents: `export { ${names.join(', ')} } from '${from}';`, resolveDir, sourcefile: 'entry.js' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['node:*'],
    outdir: ROOT,
    absWorkingDir: ROOT,
    write: false,
    ...options,
  });
}

/** Bytes as they are, and as they travel. */
export function sizes(contents) {
  return {
    raw: contents.length,
    gzip: gzipSync(contents, { level: 9 }).length,
    brotli: brotliCompressSync(contents).length,
  };
}
