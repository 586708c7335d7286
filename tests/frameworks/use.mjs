// What the tests with Express, Fastify, Hono and others begin with.

import { register } from 'node:module';

import { ensurePackages } from '../../scripts/lib/packages.mjs';

/** From then on the packages of this folder can be imported from anywhere, as the recipes do. */
export async function useFrameworks() {
  await ensurePackages('tests/frameworks', 'Express, Fastify, Hono (once, 25 MB)');
  register('./resolve.mjs', import.meta.url);
}
