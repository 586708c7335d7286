import { cleared, frameMs, onResize, readColours } from './canvas.js';
import { byId, calmly, duration, say } from './dom.js';
import { windowMs } from './samples.js';

const bucketMs = 500;
const gutter = 50;
const axis = 18;
const title = 18;
const lane = 15;
const floorMs = 0.5;
const ceilingMs = 10_000;
const scales = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000];
const streams = ['feed', 'chat'];

/**
 * Draws the samples: events per second, delivery delay, and the state of each stream, on one time axis.
 * @param {import('./samples.js').Samples} samples
 * @returns {{ wake: () => void, recolour: () => void }} `wake` starts the drawing when something has happened
 */
export function setUpPlot(samples) {
  const canvas = /** @type {HTMLCanvasElement} */ (byId('plot'));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  let colours = readColours(canvas);
  let figuresAt = 0;
  let figures = samples.figures(Date.now());

  const wake = calmly(() => {
    const now = Date.now();
    if (now - figuresAt >= 500) {
      figuresAt = now;
      figures = samples.figures(now);
      showFigures(canvas, figures);
    }
    draw(context, canvas, samples, figures, colours, now);
    const isLive = [...samples.states.values()].some((changes) => isMoving(changes.at(-1)?.state));
    if (isLive || figures.count > 0) wake();
  }, frameMs);
  onResize(canvas, () => draw(context, canvas, samples, figures, colours, Date.now()));
  return {
    wake,
    recolour() {
      colours = readColours(canvas);
      draw(context, canvas, samples, figures, colours, Date.now());
    },
  };
}

/** @param {string | undefined} state */
function isMoving(state) {
  return state === 'open' || state === 'connecting' || state === 'waiting';
}

/** @param {HTMLCanvasElement} canvas @param {ReturnType<import('./samples.js').Samples['figures']>} figures */
function showFigures(canvas, { count, rate, p50, p99, replayed }) {
  const ms = (/** @type {number | undefined} */ value) => (value === undefined ? '–' : duration(value));
  say(byId('figure-rate'), rate.toFixed(rate < 10 ? 1 : 0));
  say(byId('figure-p50'), ms(p50));
  say(byId('figure-p99'), ms(p99));
  say(byId('figure-replayed'), String(replayed));
  canvas.setAttribute(
    'aria-label',
    `Last 30 seconds: ${count} events, now ${rate.toFixed(1)} per second, delivery delay median ${ms(p50)}, 99th percentile ${ms(p99)}, ${replayed} replayed`,
  );
}

/**
 * @typedef {{ context: CanvasRenderingContext2D, samples: import('./samples.js').Samples, colours: Record<string, string>,
 *   now: number, left: number, right: number, x: (time: number) => number }} Scene
 */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {HTMLCanvasElement} canvas
 * @param {import('./samples.js').Samples} samples
 * @param {ReturnType<import('./samples.js').Samples['figures']>} figures
 * @param {Record<string, string>} colours
 * @param {number} now
 */
function draw(context, canvas, samples, figures, colours, now) {
  const size = cleared(context, canvas);
  if (!size) return;
  const { width, height } = size;
  context.font = colours.font;
  const left = gutter;
  const right = width;
  /** @type {Scene} */
  const scene = {
    context,
    samples,
    colours,
    now,
    left,
    right,
    x: (time) => right - ((now - time) / windowMs) * (right - left),
  };

  const lanes = streams.length * lane + 8;
  const plots = height - axis - lanes - 3 * title;
  const rateTop = title;
  const rateBottom = rateTop + plots * 0.42;
  const delayTop = rateBottom + title;
  const delayBottom = delayTop + plots * 0.58;
  const laneTop = delayBottom + title;
  drawLosses(scene, rateTop, height - axis);
  drawRate(scene, rateTop, rateBottom);
  drawDelay(scene, figures, delayTop, delayBottom);
  drawLanes(scene, laneTop);
  drawAxis(scene, height);
}

/** @param {Scene} scene @param {string} text @param {number} x @param {number} y @param {CanvasTextAlign} [align] */
function label({ context, colours }, text, x, y, align = 'left') {
  context.fillStyle = colours.muted;
  context.textAlign = align;
  context.fillText(text, x, y);
}

/** @param {Scene} scene @param {number} y */
function rule({ context, colours, left, right }, y) {
  context.fillStyle = colours.line;
  context.fillRect(left, Math.round(y), right - left, 1);
}

/** A line through all rows wherever a connection was lost. @param {Scene} scene @param {number} top @param {number} bottom */
function drawLosses({ context, samples, colours, left, x }, top, bottom) {
  context.strokeStyle = colours.warn;
  context.setLineDash([2, 3]);
  context.beginPath();
  for (const changes of samples.states.values()) {
    for (let n = 1; n < changes.length; n++) {
      const at = Math.round(x(changes[n].at)) + 0.5;
      if (changes[n].state !== 'waiting' || changes[n - 1].state !== 'open' || at < left) continue;
      context.moveTo(at, top);
      context.lineTo(at, bottom);
    }
  }
  context.stroke();
  context.setLineDash([]);
}

/** @param {Scene} scene @param {number} top @param {number} bottom */
function drawRate(scene, top, bottom) {
  const { context, samples, colours, now, left, right, x } = scene;
  const last = Math.floor(now / bucketMs);
  const buckets = windowMs / bucketMs + 1;
  const counts = streams.map(() => new Uint32Array(buckets));
  samples.each(now, (at, _delay, stream) => {
    const bucket = last - Math.floor(at / bucketMs);
    if (bucket < buckets) counts[stream][bucket]++;
  });
  let highest = 0;
  for (let n = 0; n < buckets; n++) highest = Math.max(highest, ((counts[0][n] + counts[1][n]) * 1000) / bucketMs);
  const scale = scales.find((candidate) => candidate >= highest) ?? highest;

  label(scene, 'events per second', left, top - 6);
  for (const part of [0, 0.5, 1]) {
    const y = bottom - part * (bottom - top);
    rule(scene, y);
    if (part > 0) label(scene, String(part * scale), left - 6, y + 4, 'right');
  }
  const wide = ((right - left) * bucketMs) / windowMs;
  for (let n = 0; n < buckets; n++) {
    let y = bottom;
    const from = Math.max(left, x((last - n) * bucketMs));
    const to = Math.min(right, x((last - n) * bucketMs) + wide - 1);
    if (to <= from) continue;
    streams.forEach((name, stream) => {
      const size = ((counts[stream][n] * 1000) / bucketMs / scale) * (bottom - top);
      context.fillStyle = name === 'chat' ? colours.accent : colours.feed;
      context.fillRect(from, y - size, to - from, size);
      y -= size;
    });
  }
}

/** @param {Scene} scene @param {{ p50?: number, p99?: number }} figures @param {number} top @param {number} bottom */
function drawDelay(scene, figures, top, bottom) {
  const { context, samples, colours, now, left, right, x } = scene;
  const span = Math.log(ceilingMs / floorMs);
  const y = (/** @type {number} */ ms) =>
    bottom - (Math.log(Math.min(ceilingMs, Math.max(floorMs, ms)) / floorMs) / span) * (bottom - top);
  label(scene, 'delivery delay', left, top - 6);
  for (const [ms, text] of /** @type {const} */ ([
    [1, '1 ms'],
    [10, '10 ms'],
    [100, '100 ms'],
    [1000, '1 s'],
    [10_000, '10 s'],
  ])) {
    rule(scene, y(ms));
    label(scene, text, left - 6, y(ms) + 4, 'right');
  }
  rule(scene, bottom);
  const dots = /** @type {[number, number][][]} */ ([[], [], []]);
  samples.each(now, (at, delay, stream, replayed) => {
    if (!Number.isNaN(delay) && x(at) >= left) dots[replayed ? 2 : stream].push([x(at), y(delay)]);
  });
  [colours.feed, colours.accent, colours.warn].forEach((colour, kind) => {
    context.fillStyle = colour;
    context.globalAlpha = kind === 2 ? 1 : 0.6;
    for (const [dotX, dotY] of dots[kind]) context.fillRect(dotX - 1.25, dotY - 1.25, 2.5, 2.5);
  });
  context.globalAlpha = 1;
  drawQuantiles(scene, figures, y);
}

/** @param {Scene} scene @param {{ p50?: number, p99?: number }} figures @param {(ms: number) => number} y */
function drawQuantiles(scene, { p50, p99 }, y) {
  const { context, colours, left, right } = scene;
  if (p50 === undefined || p99 === undefined) return;
  context.strokeStyle = colours.text;
  context.setLineDash([4, 3]);
  context.globalAlpha = 0.55;
  context.beginPath();
  for (const ms of [p50, p99]) {
    context.moveTo(left, Math.round(y(ms)) + 0.5);
    context.lineTo(right, Math.round(y(ms)) + 0.5);
  }
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
  // On a ground of their own, as the dots are dense there.
  const note = (/** @type {string} */ text, /** @type {number} */ ms) => {
    context.fillStyle = colours.panel;
    context.globalAlpha = 0.8;
    context.fillRect(right - context.measureText(text).width - 6, y(ms) - 14, right, 13);
    context.globalAlpha = 1;
    label(scene, text, right - 2, y(ms) - 4, 'right');
  };
  const close = Math.abs(y(p50) - y(p99)) < 14;
  note(close ? 'p50, p99' : 'p99', p99);
  if (!close) note('p50', p50);
}

/** @param {Scene} scene @param {number} top */
function drawLanes(scene, top) {
  const { context, samples, colours, now, left, x } = scene;
  label(scene, 'connections', left, top - 6);
  [...streams].reverse().forEach((name, row) => {
    const y = top + row * lane;
    label(scene, name, left - 6, y + 9, 'right');
    context.fillStyle = colours.line;
    context.fillRect(left, y + 4, scene.right - left, 2);
    const changes = samples.states.get(name) ?? [];
    changes.forEach(({ state, at }, n) => {
      const colour = { open: colours.good, connecting: colours.warn, waiting: colours.warn, failed: colours.bad }[
        state
      ];
      if (!colour) return;
      const from = Math.max(left, x(at));
      const to = x(changes[n + 1]?.at ?? now);
      context.fillStyle = colour;
      // Thinner where nothing flows, so that colour is not the only difference.
      const thick = state === 'open' ? 8 : 3;
      if (to > left) context.fillRect(from, y + 5 - thick / 2, Math.max(1, to - from), thick);
    });
  });
}

/** @param {Scene} scene @param {number} height */
function drawAxis(scene, height) {
  const { left, right } = scene;
  for (let s = 30; s >= 0; s -= 10) {
    const at = right - ((right - left) * s * 1000) / windowMs;
    label(scene, s === 0 ? 'now' : `−${s} s`, at, height - 4, s === 0 ? 'right' : s === 30 ? 'left' : 'center');
  }
}
