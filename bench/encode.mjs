// Events → bytes, against eventsource-encoder and TextEncoder, on each runtime.

import { runtimes } from './lib/runtimes.mjs';

const INTRO =
  'Events to bytes: `encode(event)` one by one, and `encode(events)` for batches. The peer is `eventsource-encoder` with a ' +
  '`TextEncoder`: called for each event, and (concatenated) for each event with one `encode` of the batch’s joined text. ' +
  'Before a row is measured both must give the same lines. Times are an event: CPU time in Node, `performance.now()` on ' +
  'the main thread in Chromium, medians of alternating turns.';

const BATCHES = { 1: 'one by one', 16: 'in batches of 16', 64: 'in batches of 64' };

export async function run({ quick, on, only, log }) {
  const options = quick ? { turn: 5, rounds: 5 } : { turn: 30 };
  const tables = [];
  for (const { name, run: inside } of runtimes({ on })) {
    const rows = await inside('encode', { only, options }, (text, ...count) => log(`${name}: ${text}`, ...count));
    for (const [batch, how] of Object.entries(BATCHES))
      tables.push({
        title: `${name}: ${how}`,
        rows: rows.filter((row) => `${row.batch}` === batch).map(tableRow),
      });
  }
  return { title: 'encode', intro: INTRO, tables };
}

function tableRow({ kind, events, times }) {
  const peers = Object.keys(times).filter((name) => name !== 'ours');
  const time = (name) => `${((times[name] * 1e6) / events).toFixed(0)} ns`;
  return {
    kind,
    ...Object.fromEntries(peers.map((peer) => [`× ${peer}`, times[peer] / times.ours])),
    ...Object.fromEntries(['ours', ...peers].map((name) => [name, time(name)])),
  };
}
