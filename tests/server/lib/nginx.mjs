// nginx in front of servers, with its default settings as a proxy: finds one that is installed, or on Debian installs it.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';

import { findExecutable, installWithApt } from '../../../scripts/lib/chromium.mjs';

/** Path of an installed nginx; $NGINX goes first. Throws how to get one. */
export function ensureNginx(say = console.log) {
  const find = () => process.env.NGINX || findExecutable(['nginx', '/usr/sbin/nginx']);
  const found = find() ?? (installWithApt('nginx', say) ? find() : undefined);
  if (found) return found;
  throw new Error(
    'expected an installed nginx for the tests of the server, found none. Install one (Debian: `sudo apt-get install ' +
      '--no-install-recommends nginx`, macOS: `brew install nginx`), or name its executable in $NGINX.',
  );
}

/** Answers `{ ports, noise(), close() }`: the port that is in front of each of these. */
export async function startNginx(upstreams) {
  const program = ensureNginx();
  const folder = await mkdtemp(join(tmpdir(), 'eventsource-wasm-nginx-'));
  const ports = await freePorts(upstreams.length);
  const servers = upstreams.map(
    (upstream, at) =>
      `server { listen 127.0.0.1:${ports[at]}; location / { proxy_pass http://127.0.0.1:${upstream}; } }`,
  );
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const paths = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`);
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; pid ${folder}/pid; error_log stderr error; worker_processes 1;\nevents {}\n` +
      `http { access_log off; ${paths.join(' ')}\n${servers.join('\n')}\n}\n`,
  );
  const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let noise = '';
  child.stderr.setEncoding('utf8').on('data', (piece) => (noise += piece));
  const exited = new Promise((done) => child.once('close', done));
  const onExit = () => child.kill('SIGTERM');
  process.once('exit', onExit);
  const close = async () => {
    child.kill('SIGTERM');
    await exited;
    process.off('exit', onExit);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await Promise.race([
      listens(ports.at(-1)),
      exited.then((code) => {
        throw new Error(`expected nginx to serve, found exit code ${code}:\n${noise}`);
      }),
    ]);
    return { ports, noise: () => noise, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** nginx does not tell which port it was given, so it is told. */
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

async function listens(port) {
  for (;;) {
    try {
      return await fetch(`http://127.0.0.1:${port}/`);
    } catch {
      await new Promise((done) => setTimeout(done, 20));
    }
  }
}
