// Processes of the benchmark, which are told over IPC what to do.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * Starts a module of this folder's parent as a process of its own.
 *
 * @returns {Promise<{ pid: number, call: (method: string, ...args: unknown[]) => Promise<any>, close: () => Promise<void> }>}
 */
export async function startChild(path, { node = process.execPath, flags = [] } = {}) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const child = fork(file, [], { execPath: node, execArgv: flags });
  const calls = new Map();
  let last = 0;
  child.on('message', ({ id, result, error }) => {
    const { resolve, reject } = calls.get(id);
    calls.delete(id);
    if (error === undefined) resolve(result);
    else reject(new Error(`${path}: ${error}`));
  });
  const exited = once(child, 'exit').then(([code, signal]) => {
    for (const { reject } of calls.values())
      reject(new Error(`${path}: expected an answer, found exit ${code ?? signal}`));
  });
  const call = (method, ...args) =>
    new Promise((resolve, reject) => {
      calls.set(++last, { resolve, reject });
      child.send({ id: last, method, args });
    });
  const close = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  await call('ready');
  return { pid: child.pid, call, close };
}

/** In the process: answers the calls. */
export function answer(methods) {
  const all = { ready: () => true, ...methods };
  process.on('message', async ({ id, method, args }) => {
    try {
      process.send({ id, result: await all[method](...args) });
    } catch (error) {
      process.send({ id, error: error.stack ?? String(error) });
    }
  });
  // Never outlives who started it.
  process.on('disconnect', () => process.exit());
}
