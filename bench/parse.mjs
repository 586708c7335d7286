// Bytes → events, against everybody's parser, on each runtime.

import { LARGE } from './inside/streams.mjs';
import { geometricMean } from './lib/measure.mjs';
import { NO_RECORDINGS, recordings } from './lib/recordings.mjs';
import { runtimes } from './lib/runtimes.mjs';

const GROUPS = {
  synchronous: '`createParser` against parsers that are fed chunk by chunk',
  'from a response': '`events(response)` against what reads a `Response`',
};

const INTRO =
  'Each stream in chunks of each size: decode, parse, one callback (or one turn of the loop) an event. Before a row is ' +
  'measured all must give the same events; openai and @anthropic-ai/sdk give no ids. Node: CPU time of the process, with ' +
  'its collector and compilers. Chromium: `performance.now()` on the main thread of a page. Times are an event, medians of ' +
  'alternating turns; a * marks what was so slow that it ran once.';

export async function run({ quick, on, only, log }) {
  const recorded = recordings();
  const options = quick ? { turn: 3, rounds: 5 } : {};
  const tables = [];
  const summary = [];
  for (const { name, run: inside } of runtimes({ on })) {
    const input = { recordings: recorded, only, options };
    const found = await inside('parse', input, (text, ...count) => log(`${name}: ${text}`, ...count));
    for (const [group, what] of Object.entries(GROUPS)) {
      const rows = found.filter((row) => row.group === group);
      summary.push(...summarise(name, rows));
      tables.push({ title: `${name}: ${what}`, rows: rows.map(tableRow) });
    }
  }
  const intro = recorded.length ? INTRO : `${INTRO} ${NO_RECORDINGS}`;
  return { title: 'parse', intro, tables: [{ title: 'Summary', rows: summary }, ...tables] };
}

const ratio = ({ times }, peer) => times[peer] / times.ours;
const peersOf = ({ times, cannot }) =>
  [...new Set([...Object.keys(times), ...Object.keys(cannot)])].filter((peer) => peer !== 'ours');
const label = ({ stream, size }) => `${stream} × ${size === 'event' ? 'event' : bytes(size)}`;
const bytes = (size) => (size < 16384 ? `${size} B` : `${size / 1024} KB`);

function tableRow(row) {
  const peers = peersOf(row);
  const cells = { 'stream × chunk': label(row) };
  for (const peer of peers) cells[`× ${peer}`] = row.cannot[peer] ? `cannot: ${row.cannot[peer]}` : ratio(row, peer);
  for (const name of ['ours', ...peers]) cells[name] = row.cannot[name] ? '' : perEvent(row, name);
  return cells;
}

function perEvent({ times, once, events }, name) {
  const nanoseconds = (times[name] * 1e6) / events;
  const time = nanoseconds < 1e5 ? `${nanoseconds.toFixed(0)} ns` : `${(nanoseconds / 1e6).toFixed(2)} ms`;
  return once.includes(name) ? `${time}*` : time;
}

/** What the ratios come to, with events over 16 KB apart: parsers that slice have it easy there. */
function summarise(runtime, rows) {
  const lowest = (some, peer) => {
    if (!some.length) return '';
    const row = some.reduce((least, other) => (ratio(other, peer) < ratio(least, peer) ? other : least));
    return `${ratio(row, peer).toFixed(2)} (${label(row)})`;
  };
  const [large, small] = [true, false].map((is) => rows.filter(({ stream }) => LARGE.includes(stream) === is));
  const [{ cannot }] = rows;
  return peersOf(rows[0]).map((peer) => ({
    'runtime, peer': `${runtime}, ${peer}`,
    'geometric mean': cannot[peer] ? 'cannot' : geometricMean(rows.map((row) => ratio(row, peer))).toFixed(2),
    'lowest, events up to 16 KB': cannot[peer] ?? lowest(small, peer),
    'lowest, larger events': cannot[peer] ? '' : lowest(large, peer),
  }));
}
