// Recorded streams, out of the folder that SSE_STREAMS names.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @returns {{ name: string, frames: string[] }[]} each recording, an event a frame; none where no folder is named */
export function recordings() {
  const folder = process.env.SSE_STREAMS;
  if (!folder || !existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sse'))
    .map((file) => ({
      name: file.replace(/\.sse$/, ''),
      frames: readFileSync(join(folder, file), 'utf8').split(/(?<=\n\n)/),
    }));
}

export const NO_RECORDINGS = '`SSE_STREAMS` named no folder of recorded streams: their rows are left out.';
