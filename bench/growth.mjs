// How time and memory grow with the size of events, of chunks, with lines, with connections.

import { plot } from './lib/plot.mjs';
import { inNode, runtimes } from './lib/runtimes.mjs';
import { CONTESTANTS, SIZES } from './inside/growing.mjs';

const INTRO =
  'CPU time for the same work at growing sizes, medians of alternating turns, and beside it memory: by how much the highest ' +
  'mark of a process’s resident set rises during the work (a new process for each point, chunks made while they are read, ' +
  'garbage included as far as the collector lets it lie), and the size of the wasm memory at the end; what that begins with ' +
  'is there before, and so no part of the rise.';

const bytes = (size) => {
  const [unit, name] = size < 1024 ? [1, 'B'] : size < 2 ** 20 ? [1024, 'KB'] : [2 ** 20, 'MB'];
  return `${Number((size / unit).toPrecision(3))} ${name}`;
};
const count = (size) => size.toLocaleString('en');
const time = (ms) => {
  const [unit, name] = ms < 1e-3 ? [1e-6, 'ns'] : ms < 1 ? [1e-3, 'µs'] : [1, 'ms'];
  return `${Number((ms / unit).toPrecision(3))} ${name}`;
};

const WAYS = {
  event: { title: 'One event of growing size, in 16 KB chunks', x: 'size of the event’s data', format: bytes, base: 4 },
  chunk: { title: '1 MB of small events, in chunks of growing size', x: 'size of a chunk', format: bytes, base: 4 },
  lines: { title: 'One event with more and more lines of data', x: 'lines of data', format: count, base: 4 },
  connections: {
    title: 'More and more streams at once, 16 KB each',
    x: 'streams, a 1,400 B chunk each in turn',
    format: count,
    base: 10,
  },
};

export async function run({ quick, on, only, log }) {
  const node = runtimes({ on }).findLast(({ key }) => key !== 'chromium');
  if (!node) throw new Error('expected a Node to measure growth on, found none');
  const options = quick ? { turn: 4, rounds: 5 } : {};
  const ways = Object.keys(WAYS).filter((way) => !only || only.includes(way));
  const [tables, plots] = [[], []];
  for (const way of ways) {
    const points = await inNode(node, 'growth-time', { way, options }, (text, ...of) => log(`time: ${text}`, ...of));
    const step = quick ? 2 : 1;
    for (const [at, point] of points.entries()) {
      log(`memory, ${way}: ${WAYS[way].format(point.size)}`, at + 1, points.length);
      if ((points.length - 1 - at) % step === 0) point.memory = await memoryOf(node, way, point.size);
    }
    tables.push(tableOf(way, points));
    plots.push(plotOf(way, points, node.name));
  }
  return { title: 'growth', intro: `${INTRO} On ${node.name}.`, tables, plots };
}

async function memoryOf(node, way, size) {
  const found = {};
  for (const name of Object.keys(CONTESTANTS)) found[name] = await inNode(node, 'growth-memory', { way, size, name });
  return found;
}

const PEER = Object.keys(CONTESTANTS).find((name) => name !== 'ours');

function tableOf(way, points) {
  const { title, x, format } = WAYS[way];
  const rows = points.map(({ size, times, memory }) => ({
    [x]: format(size),
    [`× ${PEER}`]: times[PEER] / times.ours,
    ours: time(times.ours),
    [PEER]: time(times[PEER]),
    'memory, ours': memory ? bytes(memory.ours.grown) : '',
    [`memory, ${PEER}`]: memory ? bytes(memory[PEER].grown) : '',
    'wasm memory, ours': memory ? bytes(memory.ours.wasm) : '',
  }));
  const slopes = Object.keys(CONTESTANTS).map((name) => `${name} ${slope(points, name).toFixed(2)}`);
  const note =
    way === 'chunk'
      ? 'The work is the same in every row; only the number of chunks falls.'
      : `Slope of the larger half on logarithmic axes, where 1 is linear: ${slopes.join(', ')}.`;
  return { title, note, rows };
}

/** Least squares, over the upper half of the points. */
function slope(points, name) {
  const upper = points.slice(points.length >> 1).map(({ size, times }) => [Math.log(size), Math.log(times[name])]);
  const mean = (part) => upper.reduce((sum, point) => sum + point[part], 0) / upper.length;
  const [x, y] = [mean(0), mean(1)];
  const over = upper.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return over / upper.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

/** Less than this is what a process does anyway. */
const LEAST_MEMORY = 64 * 1024;

function plotOf(way, points, node) {
  const { title, x, format, base } = WAYS[way];
  const axis = { label: x, format, base };
  const measured = points.filter(({ memory }) => memory);
  const memory = (name, of) => ({
    name,
    points: measured.map((point) => [point.size, Math.max(LEAST_MEMORY, of(point.memory))]),
  });
  const names = Object.keys(CONTESTANTS);
  const panels = [
    {
      title: 'CPU time',
      linear: way !== 'chunk',
      x: axis,
      y: { format: time, base: 10 },
      series: names.map((name) => ({ name, points: points.map(({ size, times }) => [size, times[name]]) })),
    },
    {
      title: 'memory (resident set, growth of its peak)',
      x: axis,
      y: { format: bytes, base: 4 },
      series: [
        ...names.map((name) => memory(name, (of) => of[name].grown)),
        memory('ours, size of the wasm memory', (of) => of.ours.wasm),
      ],
    },
  ];
  const last = points.at(-1);
  const alt = `${title}: time and memory on logarithmic axes; at ${format(last.size)} ${names
    .map((name) => `${name} ${time(last.times[name])}`)
    .join(', ')}`;
  return { name: `growth-${way}`, svg: plot({ title: `${title} (${node})`, panels }), alt };
}
