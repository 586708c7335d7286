// Where the servers run: a Node, and workerd.

import { startWorkerd } from '../../scripts/lib/workerd.mjs';
import { startChild } from '../client/child.mjs';
import { cpuOf } from './cpu.mjs';
import { OURS, PEERS } from './handlers.mjs';

const contestants = [
  ...Object.keys(OURS).map((name) => ({ name, ours: true })),
  ...Object.keys(PEERS).map((name) => ({ name })),
];

export async function openNode({ name, path }) {
  const child = await startChild('server/node.mjs', { node: path, flags: ['--expose-gc'] });
  const port = await child.call('listen');
  return {
    name,
    origin: `http://127.0.0.1:${port}`,
    contestants,
    tidy: () => child.call('tidy'),
    cpu: () => child.call('cpu'),
    close: child.close,
  };
}

export async function openWorkerd() {
  const server = await startWorkerd({ entry: 'bench/server/worker.mjs' });
  return {
    name: 'workerd',
    origin: server.url,
    contestants,
    tidy: () => undefined,
    cpu: () => cpuOf(server.pid),
    close: () => server.close(),
  };
}
