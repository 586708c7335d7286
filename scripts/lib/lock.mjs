// One build at a time: `npm start` and `npm test` may run side by side.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { ROOT } from './console.mjs';

const POLL_MS = 100;

/** Runs `work` while no other process holds the lock, which is a file with the holder's process id. */
export async function locked(path, work) {
  const file = join(ROOT, path);
  mkdirSync(dirname(file), { recursive: true });
  let told = false;
  while (!take(file)) {
    const holder = Number(read(file));
    if (holder && !isAlive(holder)) {
      // Left behind by a build that was killed.
      rmSync(file, { force: true });
      continue;
    }
    if (!told) console.log(`Waiting for another build${holder ? ` (process ${holder})` : ''} to end ...`);
    told = true;
    await sleep(POLL_MS);
  }
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
