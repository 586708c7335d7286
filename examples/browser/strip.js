import { cleared, onResize, readColours } from './canvas.js';
import { shownMs } from './record.js';

/** @typedef {import('./record.js').Kind} Kind */

/** How high a mark is of its strip, so that colour is not the only difference. @type {Record<Kind, number>} */
const heights = { live: 1, late: 0.7, dropped: 0.22, missed: 1 };
const margin = 3;
const lineHeight = 2;

/**
 * One reader's last seconds: below, its connection; above, each event at the time of its publication. So a cut leaves a
 * hole, and what is caught up fills it.
 */
export class Strip {
  /** @param {HTMLCanvasElement} canvas @param {Pick<import('./record.js').Record, 'marks' | 'turns' | 'gaps'>} record */
  constructor(canvas, record) {
    this.canvas = canvas;
    this.record = record;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    this.colours = readColours(canvas);
    /** Events a second, by which the marks are as wide as there is room. */
    this.rate = 1;
    onResize(canvas, () => this.draw(Date.now()));
  }

  recolour() {
    this.colours = readColours(this.canvas);
    this.draw(Date.now());
  }

  /** @param {number} now */
  draw(now) {
    const size = cleared(this.context, this.canvas);
    if (!size) return;
    const x = (/** @type {number} */ time) => size.width * (1 - (now - time) / shownMs);
    this.#drawTurns(size, x, now);
    this.#drawMarks(size, x);
    this.#drawGaps(size, x);
  }

  /** @param {{ width: number, height: number }} size @param {(time: number) => number} x @param {number} now */
  #drawTurns({ width: whole, height }, x, now) {
    const { context, colours } = this;
    const { turns } = this.record;
    context.fillStyle = colours.line;
    context.fillRect(0, height - lineHeight, whole, lineHeight);
    turns.forEach(({ at, phase }, n) => {
      const from = Math.max(0, x(at));
      const width = x(turns[n + 1]?.at ?? now) - from;
      if (width <= 0) return;
      if (phase === 'open') {
        context.fillStyle = colours.good;
        context.fillRect(from, height - lineHeight, width, lineHeight);
      } else if (phase === 'held') {
        this.#dash(colours.muted, [2, 3], lineHeight, [from, height - 1, from + width, height - 1]);
      } else if (phase === 'away') {
        context.fillStyle = colours['warn-soft'];
        context.fillRect(from, 0, width, height);
        if (x(at) > 0) this.#dash(colours.warn, [2, 3], 1, [Math.round(from) + 0.5, 0, Math.round(from) + 0.5, height]);
      }
    });
  }

  /** @param {{ width: number, height: number }} size @param {(time: number) => number} x */
  #drawMarks({ width, height }, x) {
    const { context, colours } = this;
    const markWidth = Math.min(4, Math.max(1, (0.55 * width * 1000) / shownMs / this.rate));
    const most = height - lineHeight - 2 * margin;
    /** @type {Record<Kind, string>} */
    const inks = { live: colours.feed, late: colours.warn, dropped: colours.muted, missed: colours.bad };
    const bottom = height - lineHeight - margin;
    for (const { made, kind } of this.record.marks) {
      const left = x(made) - markWidth;
      if (left < -markWidth) continue;
      const tall = most * heights[kind];
      context.fillStyle = context.strokeStyle = inks[kind];
      context.lineWidth = 1;
      if (kind === 'missed') context.strokeRect(left + 0.5, bottom - tall + 0.5, Math.max(1, markWidth - 1), tall - 1);
      else context.fillRect(left, bottom - tall, markWidth, tall);
    }
  }

  /** @param {{ height: number }} size @param {(time: number) => number} x */
  #drawGaps({ height }, x) {
    const { context, colours } = this;
    for (const at of this.record.gaps) {
      const left = Math.round(x(at));
      if (left < 0) continue;
      context.fillStyle = colours.bad;
      context.fillRect(left - 1, 0, 2, height);
      context.font = colours.font;
      // On the side where nothing comes later.
      context.textAlign = 'right';
      const width = context.measureText('gap').width + 8;
      context.fillRect(left - width, 0, width, 14);
      context.fillStyle = colours.panel;
      context.fillText('gap', left - 4, 11);
    }
  }

  /** @param {string} colour @param {number[]} dashes @param {number} width @param {number[]} line */
  #dash(colour, dashes, width, [x1, y1, x2, y2]) {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dashes);
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
    context.setLineDash([]);
  }
}
