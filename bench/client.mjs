// End to end, client: a server on this machine, and what a client makes of its events.

import { startChild } from './client/child.mjs';
import { BY_HAND } from './client/contestants.mjs';
import { openChromium, openNode } from './client/places.mjs';
import { STREAMS } from './client/streams.mjs';
import {
  absolutes,
  delayTable,
  goalTable,
  KINDS_IN_CHROMIUM,
  kindsInNode,
  ratioTables,
  watchedTable,
} from './client/tables.mjs';
import { readBacklog, readSteady } from './client/turns.mjs';
import { newestNode } from './lib/nodes.mjs';

const FULL = { count: 100_000, rounds: 9, inChromium: 7, steady: 600, steadyRounds: 9 };
const QUICK = { count: 40_000, rounds: 3, inChromium: 3, steady: 400, steadyRounds: 1 };
const RATE = 1000;
/** In Chromium the size of the writes is lost on the way: its network process joins what has arrived. */
const IN_CHROMIUM = ['llm', 'tiny'];
const STEADY_IN_NODE = ['EventSource', 'connect', 'createParser', 'eventsource 5', 'undici EventSource', BY_HAND];
const STEADY_IN_CHROMIUM = ['native', 'EventSource', 'connect', 'createParser', 'eventsource 5', BY_HAND];

const INTRO = `A server in a process of its own has the whole response ready and writes it as fast as the socket takes it; the
clients take turns, and all have first shown that they find the same events. Numbers without a unit are ratios, peer / ours:
above 1 we are faster.`;

export async function run({ quick = false, on, log = () => undefined }) {
  const plan = quick ? QUICK : FULL;
  const node = newestNode();
  const wanted = (key) => !on || on.includes(key);
  const source = await startChild('client/source.mjs', { node: node.path });
  try {
    const origin = `http://127.0.0.1:${await source.call('listen')}`;
    const inNode = wanted(node.key) ? await measureNode(node, { origin, plan, log }) : undefined;
    const inChromium = wanted('chromium') ? await measureChromium(source, { origin, plan, log }) : undefined;
    return {
      title: 'End to end, client',
      intro: INTRO,
      tables: [goalTable(inNode, inChromium), ...nodeTables(inNode, plan), ...chromiumTables(inChromium, plan)],
    };
  } finally {
    await source.close();
  }
}

async function measureNode(node, { origin, plan, log }) {
  const place = await openNode(node);
  try {
    const backlogs = {};
    for (const stream of Object.keys(STREAMS)) {
      backlogs[stream] = await readBacklog(place, stream, { origin, ...plan, log });
    }
    const steady = await readSteady(place, STEADY_IN_NODE, steadyPlan(origin, plan, log));
    return { name: place.name, contestants: place.contestants, backlogs, steady };
  } finally {
    await place.close();
  }
}

async function measureChromium(source, { origin, plan, log }) {
  const place = await openChromium(source, origin);
  let found;
  try {
    const backlogs = {};
    for (const stream of IN_CHROMIUM) {
      backlogs[stream] = await readBacklog(place, stream, { origin: '', ...plan, rounds: plan.inChromium, log });
    }
    const clocks = await place.clocks();
    const steady = await readSteady(place, STEADY_IN_CHROMIUM, steadyPlan('', plan, log));
    const { name, contestants, hasCpu } = place;
    found = { name, contestants, hasCpu, backlogs, steady, clocks };
  } finally {
    await place.close();
  }
  return { ...found, watched: await measureWatched(source, { origin, plan, log }) };
}

/** Native and ours once more, in a page that the DevTools protocol looks at. */
async function measureWatched(source, { origin, plan, log }) {
  const place = await openChromium(source, origin, { watched: true });
  try {
    place.name += ' with DevTools';
    place.contestants = place.contestants.filter(({ name }) => name === 'native' || name === 'EventSource');
    return await readBacklog(place, 'llm', { origin: '', count: plan.count, rounds: 2, log });
  } finally {
    await place.close();
  }
}

function steadyPlan(origin, { steady, steadyRounds }, log) {
  return { origin, count: steady, rate: RATE, rounds: steadyRounds, log };
}

function nodeTables(found, { count }) {
  if (!found) return [];
  const title = `${found.name}, ${count.toLocaleString('en')} events that wait`;
  const how = { kinds: kindsInNode(found.contestants), measures: [{ key: 'cpu' }] };
  return [
    ...ratioTables(found, how, `${title}, CPU time`),
    absolutes(found, `${title}: an event`),
    delayTable(found, `${found.name}, ${RATE} events a second`, 'eventsource 5'),
  ];
}

function chromiumTables(found, { count }) {
  if (!found) return [];
  const title = `${found.name}, ${count.toLocaleString('en')} events that wait`;
  const measures = [{ key: 'span', of: 'time' }, ...(found.hasCpu ? [{ key: 'cpu', of: 'CPU' }] : [])];
  const { sound, doubt } = found.clocks;
  const clock = sound
    ? 'The clocks of page and server were compared by the time of day; the difference lies within what asking showed.'
    : `The clocks of page and server were compared by asking, to ± ${doubt.toFixed(2)} ms, the same for all.`;
  return [
    ...ratioTables(
      found,
      { kinds: KINDS_IN_CHROMIUM, measures },
      `${title}, time from the first to the last and CPU time`,
    ),
    absolutes(found, `${title}: an event`),
    watchedTable(found),
    { ...delayTable(found, `${found.name}, ${RATE} events a second`, 'native'), note: clock },
  ];
}
