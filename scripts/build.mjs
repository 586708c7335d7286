// `npm run build`: the wasm modules and dist/, from what is in src/ and js/. Needs nothing but Node and Rust.

import { performance } from 'node:perf_hooks';

import { build } from './lib/build.mjs';
import { run, seconds } from './lib/console.mjs';

await run(async () => {
  const start = performance.now();
  await build();
  console.log(`Built dist/ in ${seconds(performance.now() - start)}.`);
});
