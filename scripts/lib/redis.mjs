// Finds a redis-server that is installed, or on Debian installs one, and starts it for tests.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

import { findExecutable, installWithApt } from './chromium.mjs';

/** Path of a redis-server; $REDIS_SERVER goes first. Throws how to get one. */
export function ensureRedis(say = console.log) {
  const find = () => process.env.REDIS_SERVER || findExecutable(['redis-server', 'valkey-server']);
  const found = find() ?? (installWithApt('redis-server', say) ? find() : undefined);
  if (found) return found;
  throw new Error(
    'expected an installed redis-server for the tests of channels over Redis, found none. Install one (Debian: `sudo apt-get ' +
      'install redis-server`, macOS: `brew install redis`), or name its executable in $REDIS_SERVER.',
  );
}

/** Starts one that keeps nothing on disk: `{ port, child, close() }`. */
export async function startRedis() {
  const path = ensureRedis();
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const kill = () => child.kill('SIGKILL');
    // Also where a test has not come to its end.
    process.once('exit', kill);
    const close = async () => {
      process.off('exit', kill);
      kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    };
    if (await isReady(child)) return { port, child, close };
    // Another process may have taken the port meanwhile.
    if (attempt === 5) throw new Error(`expected ${path} to start, found it ended with ${child.exitCode}`);
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** False where it ends instead. */
function isReady(child) {
  return new Promise((done) => {
    let output = '';
    child.once('exit', () => done(false));
    child.stdout.setEncoding('utf8').on('data', (piece) => {
      output += piece;
      if (/ready to accept connections/i.test(output)) done(true);
    });
  });
}
