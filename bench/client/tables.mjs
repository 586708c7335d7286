// What the clients' turns come to, as tables.

import { BY_HAND } from './contestants.mjs';
import { STREAMS } from './streams.mjs';

const micro = (value) => `${value.toFixed(2)} µs`;
const milli = (value) => `${value.toFixed(2)} ms`;

/**
 * Ours against the peers of each kind.
 *
 * @param {{ kinds: { kind: string, ours: string[], peers: string[] }[], measures: { key: string, of?: string }[] }} how
 */
export function ratioTables({ backlogs }, { kinds, measures }, title) {
  const cells = (results, own, peers) =>
    peers.flatMap((peer) =>
      measures.map(({ key, of }) => [
        of ? `${peer}, ${of}` : peer,
        results[peer].cannot ? `cannot: ${results[peer].cannot}` : results[peer][key] / own[key],
      ]),
    );
  return kinds.map(({ kind, ours, peers }) => {
    const rows = ours.flatMap((name) =>
      Object.entries(backlogs).map(([stream, results]) => ({
        face: `${name}, ${STREAMS[stream].title}`,
        ...Object.fromEntries(cells(results, results[name], peers)),
        ours: measures.map(({ key }) => micro(results[name][key])).join(' / '),
      })),
    );
    return { title: `${title}: ${kind}`, rows };
  });
}

/** In Node a face is compared with the peers that have the same. */
export function kindsInNode(contestants) {
  return [...new Set(contestants.map(({ face }) => face))].map((face) => {
    const [ours, peers] = [true, false].map((which) =>
      contestants.filter((one) => one.face === face && Boolean(one.ours) === which).map(({ name }) => name),
    );
    return { kind: face, ours, peers };
  });
}

const BARE = ['connect', 'events', 'createParser'];

/** In Chromium all are compared with the native one, and those that dispatch no events with the fastest loop besides. */
export const KINDS_IN_CHROMIUM = [
  { kind: 'EventSource', ours: ['EventSource'], peers: ['native', 'eventsource 5'] },
  { kind: 'iterators and callback', ours: BARE, peers: ['native', BY_HAND, '@microsoft/fetch-event-source'] },
];

/** Everyone's own numbers. */
export function absolutes({ contestants, backlogs }, title) {
  const cell = (result) => {
    if (result.cannot) return `cannot: ${result.cannot}`;
    const cpu = Number.isNaN(result.cpu) ? '' : `, ${micro(result.cpu)} CPU`;
    return `${Math.round(1000 / result.total)} k/s${cpu}`;
  };
  const rows = contestants.map(({ name, ours }) => {
    const cells = Object.entries(backlogs).map(([stream, results]) => [STREAMS[stream].title, cell(results[name])]);
    return { contestant: ours ? `**${name}**` : name, ...Object.fromEntries(cells) };
  });
  const note =
    'Events a second from the request to the last event, and CPU time of the client’s process an event. ' +
    '`openai` and `@anthropic-ai/sdk` are their decoders alone, without parsing JSON; `@microsoft/fetch-event-source` has a ' +
    'stub of `document` in Node.';
  return { title, note, rows };
}

/** How old events are when they are delivered. */
export function delayTable({ steady }, title, reference) {
  const rows = Object.entries(steady).map(([name, { p50, p99, cpu }]) => ({
    contestant: name,
    [`p50 against ${reference}`]: name === reference ? '' : steady[reference].p50 / p50,
    [`p99 against ${reference}`]: name === reference ? '' : steady[reference].p99 / p99,
    p50: milli(p50),
    p99: milli(p99),
    'CPU an event': micro(cpu),
  }));
  return { title: `${title}: delay from the write to the listener, loop or callback`, rows };
}

export function watchedTable({ name, backlogs, watched }) {
  const rows = ['native', 'EventSource'].map((contestant) => ({
    contestant: contestant === 'native' ? contestant : `**${contestant}**`,
    'nobody watches': micro(backlogs.llm[contestant].span),
    'DevTools protocol attached': micro(watched[contestant].span),
  }));
  const note =
    'With the DevTools protocol attached, as Playwright and an open Network panel do it, Chromium tells the watcher each event ' +
    'of a native `EventSource`. All other tables are of a page that nobody watches.';
  return { title: `${name}: what watching a page does to it`, note, rows };
}

/** What is asked for, beside what was found; nothing is asserted. */
export function goalTable(inNode, inChromium) {
  const rows = [...(inNode ? nodeGoals(inNode) : []), ...(inChromium ? chromiumGoals(inChromium) : [])];
  return { title: 'Goals', note: 'Found is the lowest of the streams, and of the faces where there are two.', rows };
}

function nodeGoals({ name, contestants, backlogs }) {
  return kindsInNode(contestants).map(({ kind, ours, peers }) => ({
    goal: `${name}, ${kind} against the fastest peer, CPU time`,
    asked: '≥ 1.0',
    found: lowest(backlogs, ours, 'cpu', (results) => Math.min(...peers.map((peer) => results[peer].cpu ?? Infinity))),
  }));
}

function chromiumGoals({ name, hasCpu, backlogs, steady }) {
  const key = hasCpu ? 'cpu' : 'span';
  const what = hasCpu ? 'CPU time' : 'time';
  const against = (faces, peer) => lowest(backlogs, faces, key, (results) => results[peer][key]);
  const faces = Object.keys(steady).filter((one) => one === 'EventSource' || BARE.includes(one));
  const p99 = Math.min(...faces.map((face) => steady.native.p99 / steady[face].p99));
  return [
    { goal: `${name}, EventSource against native, ${what}`, asked: '≥ 4', found: against(['EventSource'], 'native') },
    {
      goal: `${name}, EventSource against eventsource 5, ${what}`,
      asked: '≥ 1.1',
      found: against(['EventSource'], 'eventsource 5'),
    },
    { goal: `${name}, iterators and callback against native, ${what}`, asked: '≥ 12', found: against(BARE, 'native') },
    {
      goal: `${name}, iterators and callback against ${BY_HAND}, ${what}`,
      asked: '≥ 1.0',
      found: against(BARE, BY_HAND),
    },
    { goal: `${name}, p99 of the delay against native`, asked: '≥ 1.0', found: p99.toFixed(2) },
  ];
}

function lowest(backlogs, faces, key, peer) {
  const ratios = Object.entries(backlogs).flatMap(([stream, results]) =>
    faces.map((face) => ({ ratio: peer(results) / results[face][key], cell: `${face}, ${STREAMS[stream].title}` })),
  );
  const { ratio, cell } = ratios.reduce((least, one) => (one.ratio < least.ratio ? one : least));
  return `${ratio.toFixed(2)} (${cell})`;
}
