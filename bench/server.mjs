// End to end, server: what it costs to send events, to one client and to many.

import { startChild } from './client/child.mjs';
import { median } from './lib/measure.mjs';
import { newestNode } from './lib/nodes.mjs';
import { eventsUpTo } from './server/events.mjs';
import { BY_HAND, HONO } from './server/handlers.mjs';
import { openNode, openWorkerd } from './server/places.mjs';

const FULL = {
  loads: [
    { clients: 1, count: 50_000 },
    { clients: 1000, count: 200 },
  ],
  rounds: 5,
  patience: 4000,
};
const QUICK = {
  loads: [
    { clients: 1, count: 5_000 },
    { clients: 50, count: 200 },
  ],
  rounds: 3,
  patience: 500,
};
const CHECKED = 500;

const INTRO = `The clients are a process of their own that only counts. All servers have first shown that they send the same events in the
same order. On Node one small adapter carries the bodies of all but \`better-sse\`, which has its own; it does not wait for its
reader, neither there nor in workerd. Numbers without a unit are ratios of the server's CPU time, peer / ours: above 1 we are faster.`;

export async function run({ quick = false, on, log = () => undefined }) {
  const plan = quick ? QUICK : FULL;
  const node = newestNode();
  const places = [
    ['workerd', openWorkerd],
    [node.key, () => openNode(node)],
  ].filter(([key]) => !on || on.includes(key));
  const reader = await startChild('server/reader.mjs', { node: node.path });
  try {
    const found = [];
    for (const [, open] of places) found.push(await measure(await open(), reader, { ...plan, log }));
    return { title: 'End to end, server', intro: INTRO, tables: [...goalTable(found), ...found.flatMap(tables)] };
  } finally {
    await reader.close();
  }
}

async function measure(place, reader, plan) {
  try {
    const { name, contestants } = place;
    await check(place, reader);
    const loads = [];
    for (const load of plan.loads) loads.push({ ...load, results: await race(place, reader, load, plan) });
    return { name, contestants, loads };
  } finally {
    await place.close();
  }
}

async function check({ name, origin, contestants }, reader) {
  const wanted = JSON.stringify(Array.from(eventsUpTo(CHECKED), ({ data, id }) => ['message', data, id]));
  for (const { name: contestant } of contestants) {
    const found = JSON.stringify(await reader.call('read', url(origin, contestant, CHECKED)));
    if (found === wanted) continue;
    throw new Error(`${name}, ${contestant}: expected ${wanted.slice(0, 200)}, found ${found.slice(0, 200)}`);
  }
}

/** Everyone in turns; whoever has used up the patience has no more of them. Medians, in microseconds an event. */
async function race(place, reader, load, { rounds, patience, log }) {
  const able = place.contestants.map((contestant) => contestant.name);
  const runs = Object.fromEntries(able.map((name) => [name, { spent: 0, turns: [] }]));
  const warm = { clients: Math.ceil(load.clients / 10), count: load.clients > 1 ? load.count : load.count / 10 };
  for (const name of able) await turn(place, reader, name, warm);
  for (let round = 0; round < rounds; round++) {
    log(`${place.name}, ${titleOf(load)}`, round + 1, rounds);
    for (let at = 0; at < able.length; at++) {
      const name = able[(at + round) % able.length];
      const { turns, spent } = runs[name];
      if (spent > patience) continue;
      const taken = await turn(place, reader, name, load);
      turns.push(taken);
      runs[name].spent += taken.wall;
    }
  }
  const events = load.clients * load.count;
  const middle = (name, key) => (median(runs[name].turns.map((one) => one[key])) * 1000) / events;
  return Object.fromEntries(
    able.map((name) => [
      name,
      { cpu: middle(name, 'cpu'), wall: middle(name, 'wall'), turns: runs[name].turns.length },
    ]),
  );
}

let gates = 0;

async function turn(place, reader, name, { clients, count }) {
  const target = url(place.origin, name, count);
  const gate = `${(gates += 1)}`;
  if (clients > 1) await reader.call('gather', target, place.origin, gate, clients, count);
  await place.tidy();
  const before = await place.cpu();
  const wall = clients > 1 ? await reader.call('release', place.origin, gate) : await reader.call('one', target, count);
  // Where the system does not tell, the time that passed stands for it.
  return { wall, cpu: before === undefined ? wall : (await place.cpu()) - before };
}

const url = (origin, name, count) => `${origin}/?by=${encodeURIComponent(name)}&count=${count}`;

function titleOf({ clients, count }) {
  const number = (value) => value.toLocaleString('en');
  return clients === 1
    ? `${number(count)} events to one client`
    : `${number(count)} events to each of ${number(clients)} clients`;
}

function tables({ name, contestants, loads }) {
  const ours = contestants.filter((one) => one.ours);
  const peers = contestants.filter((one) => !one.ours);
  const ratios = ours.flatMap((own) =>
    loads.map((load) => {
      const { [own.name]: mine, ...others } = load.results;
      const cells = peers.map((peer) => [peer.name, others[peer.name].cpu / mine.cpu]);
      return {
        server: `${own.name}, ${titleOf(load)}`,
        ...Object.fromEntries(cells),
        ours: `${mine.cpu.toFixed(2)} µs`,
      };
    }),
  );
  const cell = ({ cpu, wall, turns }) => `${cpu.toFixed(2)} µs CPU, ${wall.toFixed(2)} µs passed, ${turns}×`;
  const absolutes = contestants.map((one) => ({
    server: one.ours ? `**${one.name}**` : one.name,
    ...Object.fromEntries(loads.map((load) => [titleOf(load), cell(load.results[one.name])])),
  }));
  const note = 'An event: the server’s CPU time, the time that passed, and how many turns it is the median of.';
  return [
    { title: `${name}: CPU time of the server`, rows: ratios },
    { title: `${name}: an event`, note, rows: absolutes },
  ];
}

/** What is asked for, beside what was found; nothing is asserted. */
function goalTable(found) {
  const workerd = found.find(({ name }) => name === 'workerd');
  const against = (peer, asked) => {
    const ratios = workerd.contestants.flatMap((one) =>
      one.ours ? workerd.loads.map(({ results }) => results[peer].cpu / results[one.name].cpu) : [],
    );
    return { goal: `workerd, eventStream against ${peer}`, asked, found: Math.min(...ratios).toFixed(1) };
  };
  if (!workerd) return [];
  const rows = [against(HONO, '≥ 20'), against(BY_HAND, '≥ 3')];
  return [{ title: 'Goals', note: 'Found is the lowest of both producers and both loads.', rows }];
}
