// One source and many clients: what it costs to publish.

import { startChild } from './client/child.mjs';
import { median } from './lib/measure.mjs';
import { newestNode } from './lib/nodes.mjs';

const FULL = { clients: 1000, count: 200, rounds: 5 };
const QUICK = { clients: 100, count: 100, rounds: 3 };
/** Events that are published in one turn of the event loop. */
const BURSTS = [1, 10, 50];

const NAMES = ['eventsource-wasm Channel', 'better-sse channel', 'res.write in a loop'];
const [OURS, ...PEERS] = NAMES;

const INTRO = `A source in a Node process publishes to all clients, so many events in one turn of its event loop; the clients are a process of
their own that only counts. A chunk an event and client is what the peers write; we write one a turn. Numbers without a unit are
ratios of the server's CPU time, peer / ours: above 1 we are faster. Memory is heap and buffers, the most that was seen between two turns
less what was there before.`;

export async function run({ quick = false, log = () => undefined }) {
  const { clients, count, rounds } = quick ? QUICK : FULL;
  const node = newestNode();
  const reader = await startChild('server/reader.mjs', { node: node.path });
  const server = await startChild('server/fanout.mjs', { node: node.path, flags: ['--expose-gc'] });
  try {
    const origin = `http://127.0.0.1:${await server.call('listen')}`;
    const rows = [];
    for (const burst of BURSTS) {
      const turns = Object.fromEntries(NAMES.map((name) => [name, []]));
      for (let round = 0; round <= rounds; round++) {
        log(`${burst} a turn`, round, rounds);
        for (let at = 0; at < NAMES.length; at++) {
          const name = NAMES[(at + round) % NAMES.length];
          const taken = await turn({ server, reader, origin, name, burst, clients, count });
          // The first one warms up.
          if (round > 0) turns[name].push(taken);
        }
      }
      rows.push({ burst, turns });
    }
    return {
      title: 'Fan-out',
      intro: INTRO,
      tables: tables(rows, `${node.name}, ${clients} clients`, clients * count),
    };
  } finally {
    await server.close();
    await reader.close();
  }
}

let gates = 0;

async function turn({ server, reader, origin, name, burst, clients, count }) {
  const gate = `${(gates += 1)}`;
  const url = `${origin}/?by=${encodeURIComponent(name)}&count=${count}&burst=${burst}`;
  await reader.call('gather', url, origin, gate, clients, count);
  await server.call('tidy');
  const [cpu, memory] = [await server.call('cpu'), await server.call('memory')];
  const wall = await reader.call('release', origin, gate);
  return { wall, cpu: (await server.call('cpu')) - cpu, memory: (await server.call('most')) - memory };
}

function tables(rows, where, events) {
  const middle = (turns, key) => median(turns.map((one) => one[key]));
  const ratios = rows.map(({ burst, turns }) => ({
    published: `${burst} a turn`,
    ...Object.fromEntries(PEERS.map((peer) => [peer, middle(turns[peer], 'cpu') / middle(turns[OURS], 'cpu')])),
    ours: `${((middle(turns[OURS], 'cpu') * 1000) / events).toFixed(2)} µs`,
  }));
  const cell = (turns) => {
    const rate = events / (middle(turns, 'wall') * 1000);
    return `${rate.toFixed(2)} million/s, ${((middle(turns, 'cpu') * 1000) / events).toFixed(2)} µs, ${(middle(turns, 'memory') / 1e6).toFixed(1)} MB`;
  };
  const absolutes = NAMES.map((name) => ({
    source: name === OURS ? `**${name}**` : name,
    ...Object.fromEntries(rows.map(({ burst, turns }) => [`${burst} a turn`, cell(turns[name])])),
  }));
  const note = 'Events a second that arrive, the server’s CPU time an event and client, and memory.';
  return [
    { title: `${where}: CPU time of the server`, rows: ratios },
    { title: `${where}: events`, note, rows: absolutes },
  ];
}
