// CPU time of another process, where the system tells it (Linux).

import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds of CPU time, user and system, of all threads of a process; `undefined` where nobody tells. */
export function cpuOf(pid) {
  try {
    // In nanoseconds, where /proc/<pid>/stat counts hundredths of a second.
    const threads = readdirSync(`/proc/${pid}/task`);
    const times = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]));
    return times.reduce((sum, time) => sum + time, 0) / 1e6;
  } catch {
    return undefined;
  }
}
