// Starts the handler in a runtime: `start(name)` answers `{ url, port, pid, noise(), close() }`, or undefined where there is no such
// runtime for this machine. `noise()` is what it has written to its standard error.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { ROOT } from '../../../scripts/lib/console.mjs';
import { startWorkerd } from '../../../scripts/lib/workerd.mjs';
import { PROGRAMS } from '../../client/runtimes/programs.mjs';

export const PLACES = ['workerd', 'deno', 'bun', 'node', 'node24'];

const SCRIPTS = { deno: 'serve.deno.mjs', bun: 'serve.bun.mjs', node: 'serve.node.mjs', node24: 'serve.node.mjs' };

export async function start(name) {
  if (name.startsWith('workerd')) {
    const compatibilityFlags = name === 'workerd-signal' ? ['enable_request_signal'] : [];
    const server = await startWorkerd({ entry: 'tests/server/places/serve.worker.mjs', compatibilityFlags });
    return { ...server, noise: server.logs };
  }
  const program = await PROGRAMS[name]();
  return program && startProcess([...program.command, fileURLToPath(new URL(SCRIPTS[name], import.meta.url))]);
}

/** A process that writes the port it listens on. */
export async function startProcess([command, ...args]) {
  const child = spawn(command, args, { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'] });
  let noise = '';
  child.stderr.setEncoding('utf8').on('data', (piece) => (noise += piece));
  const exited = new Promise((done) => child.once('close', done));
  const onExit = () => child.kill('SIGKILL');
  process.once('exit', onExit);
  const port = await new Promise((done, fail) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (piece) => {
      output += piece;
      if (/^\d+\n/.test(output)) done(parseInt(output, 10));
    });
    child.once('error', fail);
    void exited.then((code) => fail(new Error(`expected ${command} to listen, found exit code ${code}:\n${noise}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid,
    noise: () => noise,
    async close() {
      child.kill('SIGKILL');
      await exited;
      process.off('exit', onExit);
    },
  };
}
