// Curves on logarithmic axes, as SVG: on a background of its own, so that it is legible wherever it is shown.

const PANEL = { width: 400, height: 300, left: 64, right: 24, top: 40, bottom: 52 };
const HEAD = 64;
const COLOURS = ['#0b62c4', '#c2410c', '#15803d', '#7e22ce'];
const MARKS = ['circle', 'square', 'diamond', 'circle'];
const FONT = 'font-family="system-ui, sans-serif"';

/**
 * @param {{ title: string, panels: { title: string, x: Axis, y: Axis, series: { name: string, points: [number, number][] }[] }[] }} plot
 *   panels side by side; series of one name have one colour. An axis is `{ label, format, base? }`, ticks being powers of
 *   the base. With `linear: true` a panel has a line that grows as its x does.
 * @returns {string} the SVG
 */
export function plot({ title, panels }) {
  const names = [...new Set(panels.flatMap(({ series }) => series.map(({ name }) => name)))];
  const width = panels.length * PANEL.width;
  const height = HEAD + PANEL.height;
  const body = panels.map((panel, at) => drawPanel(panel, at * PANEL.width, names));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#ffffff"/>`,
    text(16, 28, title, { size: 16, weight: 600, anchor: 'start' }),
    legend(
      names,
      panels.some(({ linear }) => linear),
    ),
    ...body,
    '</svg>\n',
  ].join('\n');
}

function legend(names, withGuide) {
  const entries = names.map((name, at) => [
    name,
    (x) => line(x, 50, x + 22, 50, COLOURS[at], 2) + mark(at, x + 11, 50),
  ]);
  if (withGuide)
    entries.push(['linear', (x) => `<path d="M${x} 50h22" stroke="#6b7280" stroke-dasharray="4 4" fill="none"/>`]);
  let x = 16;
  return entries
    .map(([name, sign]) => {
      const entry = `<g>${sign(x)}${text(x + 28, 54, name, { anchor: 'start' })}</g>`;
      x += 28 + name.length * 7 + 22;
      return entry;
    })
    .join('\n');
}

function drawPanel({ title, x, y, series, linear }, offset, names) {
  const points = series.flatMap((one) => one.points);
  const across = scale(range(points, 0), offset + PANEL.left, offset + PANEL.width - PANEL.right);
  const up = scale(range(points, 1), HEAD + PANEL.height - PANEL.bottom, HEAD + PANEL.top);
  const [bottom, top] = [HEAD + PANEL.height - PANEL.bottom, HEAD + PANEL.top];
  const [left, right] = [offset + PANEL.left, offset + PANEL.width - PANEL.right];
  const parts = [text((left + right) / 2, top - 12, title, { weight: 600 })];
  for (const tick of ticks(across, x, 7)) {
    parts.push(line(across.at(tick), top, across.at(tick), bottom, '#e2e5ea', 1));
    parts.push(text(across.at(tick), bottom + 17, x.format(tick), { size: 11 }));
  }
  for (const tick of ticks(up, y, 6)) {
    parts.push(line(left, up.at(tick), right, up.at(tick), '#e2e5ea', 1));
    parts.push(text(left - 7, up.at(tick) + 4, y.format(tick), { size: 11, anchor: 'end' }));
  }
  parts.push(`<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="#4b5563"/>`);
  parts.push(text((left + right) / 2, bottom + 38, x.label, {}));
  if (linear) parts.push(guide(points, across, up, [left, right, top, bottom]));
  for (const one of series) parts.push(curve(one, names.indexOf(one.name), across, up));
  return parts.join('\n');
}

/** Doubles where x doubles; through the lowest of the last points. */
function guide(points, across, up, [left, right, top, bottom]) {
  const last = points.filter(([x]) => x >= across.most * 0.999);
  const [x, y] = last.reduce((lowest, point) => (point[1] < lowest[1] ? point : lowest));
  const ends = [across.least, across.most].map((at) => [across.at(at), up.at((y * at) / x)]);
  const clip = `clip${left}`;
  const area = `<clipPath id="${clip}"><rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}"/></clipPath>`;
  const [[x1, y1], [x2, y2]] = ends.map((end) => end.map((value) => value.toFixed(1)));
  return `${area}<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#6b7280" stroke-dasharray="4 4" clip-path="url(#${clip})"/>`;
}

function curve({ points }, at, across, up) {
  const places = points.map(([a, b]) => [across.at(a).toFixed(1), up.at(b).toFixed(1)]);
  const path = `<path d="M${places.map((place) => place.join(' ')).join('L')}" fill="none" stroke="${COLOURS[at]}" stroke-width="2"/>`;
  return [path, ...places.map(([a, b]) => mark(at, Number(a), Number(b)))].join('\n');
}

/** Shapes differ too, for whoever does not tell the colours. */
function mark(at, x, y) {
  const fill = `fill="${COLOURS[at]}"`;
  if (MARKS[at] === 'circle') return `<circle cx="${x}" cy="${y}" r="3.5" ${fill}/>`;
  const turn = MARKS[at] === 'diamond' ? ` transform="rotate(45 ${x} ${y})"` : '';
  return `<rect x="${x - 3}" y="${y - 3}" width="6" height="6" ${fill}${turn}/>`;
}

function range(points, part) {
  const values = points.map((point) => point[part]);
  return [Math.min(...values), Math.max(...values)];
}

function scale([least, most], from, to) {
  const [low, high] = [Math.log(least), Math.log(most > least ? most : least * 10)];
  const room = (high - low) * 0.04;
  const at = (value) => from + ((Math.log(value) - low + room) / (high - low + 2 * room)) * (to - from);
  return { least, most: Math.exp(high), at };
}

/** Powers of the axis's base that lie on it, no more than fit. */
function ticks({ least, most }, { base = 10 }, fitting) {
  const first = Math.ceil(Math.log(least) / Math.log(base) - 1e-9);
  const last = Math.floor(Math.log(most) / Math.log(base) + 1e-9);
  const step = Math.max(1, Math.ceil((last - first + 1) / fitting));
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, n) => base ** (first + n * step));
}

function line(x1, y1, x2, y2, colour, width) {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}" stroke-width="${width}"/>`;
}

function text(x, y, content, { size = 12, weight = 400, anchor = 'middle' }) {
  return `<text x="${x}" y="${y}" ${FONT} font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="#1f2933">${escape(content)}</text>`;
}

function escape(content) {
  return content.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character]);
}
