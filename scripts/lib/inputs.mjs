// Which steps of the build are up to date: each is remembered by a hash of all that goes into it.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { ROOT } from './console.mjs';

/** Paths (from the root) of all files in or at `path`, sorted; installed packages are none of them. */
export function files(path, accept = () => true) {
  const full = join(ROOT, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return accept(path) ? [path] : [];
  return readdirSync(full)
    .filter((name) => name !== 'node_modules')
    .sort()
    .flatMap((name) => files(`${path}/${name}`, accept));
}

/** Hash of `paths` (names and contents) and of any further values. */
export function fingerprint(paths, ...values) {
  const hash = createHash('sha256').update(JSON.stringify(values));
  for (const path of paths) {
    const content = readFileSync(join(ROOT, path));
    hash.update(`\0${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** The hashes of the last build, in a file of the target folder. */
export class Memory {
  #path;
  #known = {};

  constructor(path) {
    this.#path = join(ROOT, path);
    try {
      this.#known = JSON.parse(readFileSync(this.#path, 'utf8'));
    } catch {
      // First build, or a file cut short: every step runs.
    }
  }

  /** Whether `step` last ran with this hash and all its outputs are still there. */
  isFresh(step, hash, outputs) {
    return this.#known[step] === hash && outputs.every((path) => existsSync(join(ROOT, path)));
  }

  set(step, hash) {
    this.#known[step] = hash;
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, `${JSON.stringify(this.#known, null, 2)}\n`);
  }
}
