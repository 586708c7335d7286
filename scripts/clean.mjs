// `npm run clean`: removes all that a build makes; the next one starts from nothing but the downloaded packages.

import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './lib/console.mjs';

for (const folder of ['dist', 'dist.next', 'target']) rmSync(join(ROOT, folder), { recursive: true, force: true });
