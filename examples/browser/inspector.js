import { byId, bytes, calmly, clock, el, icon, say } from './dom.js';

/** Rows that are kept; older ones are dropped, and counted. */
export const maxRows = 500;
const maxPreview = 160;

/**
 * @typedef {import('./stream.js').Received} Received
 * @typedef {{ key: string, received: Received, body?: HTMLElement }} Row `key` is what the filter knows it by
 */

/** The list of events. @returns {{ add: (received: Received) => void }} */
export function setUpInspector() {
  const table = byId('events');
  const filter = byId('filter');
  const pause = byId('pause');
  /** @type {Row[]} oldest first */
  let rows = [];
  /** @type {Row[]} those that are not shown yet */
  let fresh = [];
  /** @type {Map<string, number>} events of each kind since the last clearing */
  let kinds = new Map();
  let total = 0;
  let paused = false;

  const matches = (/** @type {Row} */ row) => !filter.value || row.key === filter.value;
  const showCount = () => {
    const dropped = total - rows.length - fresh.length;
    const parts = [`${total.toLocaleString('en')} received`];
    if (dropped > 0) parts.push(`latest ${maxRows} kept, ${dropped.toLocaleString('en')} dropped`);
    if (fresh.length) parts.push(`${fresh.length} new`);
    say(byId('events-count'), total ? parts.join(' · ') : 'none yet');
    byId('events-empty').hidden = total > 0;
  };
  // Under a pointer or a keyboard's focus the list stands still: nobody can click a row that is moving away.
  let pressed = false;
  const canHover = matchMedia('(hover: hover)');
  const held = () =>
    paused || pressed || (canHover.matches && table.matches(':hover')) || table.querySelector(':focus-visible');
  const flush = calmly(() => {
    if (!held()) {
      for (const row of fresh) {
        rows.push(row);
        if (matches(row)) table.prepend((row.body = makeRow(row.received)));
      }
      fresh = [];
      for (const old of rows.splice(0, Math.max(0, rows.length - maxRows))) old.body?.remove();
    }
    showCount();
  });

  table.addEventListener('pointerdown', () => {
    pressed = true;
  });
  for (const type of ['pointerup', 'pointercancel']) {
    // After the click that follows.
    addEventListener(type, () => setTimeout(() => ((pressed = false), flush())));
  }
  for (const type of ['pointerleave', 'focusout']) table.addEventListener(type, flush);

  filter.addEventListener('change', () => {
    for (const row of rows) {
      row.body?.remove();
      row.body = matches(row) ? makeRow(row.received) : undefined;
      if (row.body) table.prepend(row.body);
    }
  });
  pause.addEventListener('click', () => {
    paused = !paused;
    pause.setAttribute('aria-pressed', String(paused));
    pause.querySelector('use').setAttribute('href', paused ? '#i-play' : '#i-pause');
    say(pause.querySelector('span'), paused ? 'Resume' : 'Pause');
    flush();
  });
  byId('clear').addEventListener('click', () => {
    for (const row of rows) row.body?.remove();
    rows = [];
    fresh = [];
    kinds = new Map();
    total = 0;
    while (filter.options.length > 1) filter.remove(1);
    showCount();
  });

  return {
    add(received) {
      const key = `${received.stream} · ${received.type}`;
      if (!kinds.has(key)) filter.add(new Option(key, key));
      kinds.set(key, (kinds.get(key) ?? 0) + 1);
      total++;
      fresh.push({ key, received });
      // A page that is hidden or paused draws nothing; what it keeps is bounded all the same.
      if (fresh.length > maxRows) fresh.shift();
      flush();
    },
  };
}

/** One event: a row, and its data below it once it is asked for. @param {Received} received */
function makeRow({ stream, type, id, size, at, data, replayed }) {
  const time = clock(at);
  const expand = el(
    'button',
    { type: 'button', class: 'expand', 'aria-expanded': 'false', 'aria-label': `${time}, show the data` },
    icon('chevron'),
    time,
  );
  const preview = data.length > maxPreview ? `${data.slice(0, maxPreview)}…` : data;
  const cell = (/** @type {Record<string, string>} */ attributes, /** @type {Node | string} */ child) =>
    el('span', { role: 'cell', ...attributes }, child);
  const kind = el('span', { class: 'type', 'data-series': replayed ? 'replay' : stream }, type);
  const row = el(
    'div',
    { class: 'row', role: 'row' },
    cell({}, expand),
    cell({ title: replayed ? `${stream}, replayed` : stream }, kind),
    cell({ title: id }, id || '–'),
    cell({ class: 'c-size' }, bytes(size)),
    cell({ class: 'c-data' }, preview),
  );
  const body = el('div', { class: 'entry', role: 'presentation' }, row);
  row.addEventListener('click', () => {
    const open = body.children.length === 1;
    if (open) body.append(el('pre', { tabindex: '0', role: 'row' }, el('span', { role: 'cell' }, pretty(data))));
    else body.lastElementChild.remove();
    expand.setAttribute('aria-expanded', String(open));
    if (open) body.lastElementChild.scrollIntoView({ block: 'nearest' });
  });
  return body;
}

/** @param {string} data */
function pretty(data) {
  try {
    return JSON.stringify(JSON.parse(data), undefined, 2);
  } catch {
    return data;
  }
}
