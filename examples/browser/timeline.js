import { byId, calmly, clock, duration, el, say } from './dom.js';

const maxAttempts = 100;

/** @typedef {import('./stream.js').Attempt} Attempt */

/** The list of connection attempts. @returns {{ show: (attempt: Attempt) => void }} */
export function setUpTimeline() {
  const root = byId('connections');
  /** @type {Map<Attempt, HTMLElement>} oldest first */
  const items = new Map();
  /** @type {Set<Attempt>} */
  const changed = new Set();
  let total = 0;

  const draw = calmly(() => {
    for (const attempt of changed) {
      const item = render(attempt);
      const shown = items.get(attempt);
      if (shown) shown.replaceWith(item);
      else root.prepend(item);
      if (!shown) total++;
      items.set(attempt, item);
    }
    changed.clear();
    for (const [attempt, item] of items) {
      if (items.size <= maxAttempts) break;
      item.remove();
      items.delete(attempt);
    }
    const dropped = total - items.size;
    say(
      byId('connections-count'),
      `${total} ${total === 1 ? 'attempt' : 'attempts'}${dropped ? `, ${dropped} dropped` : ''}`,
    );
    byId('connections-empty').hidden = total > 0;
  });
  return {
    show(attempt) {
      changed.add(attempt);
      draw();
    },
  };
}

/** @param {Attempt} attempt */
function render(attempt) {
  const request = el('code', {}, `${attempt.method} ${attempt.path}`);
  const item = el(
    'li',
    { 'data-state': attempt.state, 'data-stream': attempt.stream },
    el(
      'p',
      { class: 'title' },
      el('strong', {}, `${attempt.stream} #${attempt.number}`),
      el('span', {}, status(attempt)),
      el('time', { datetime: new Date(attempt.at).toISOString() }, clock(attempt.at, false)),
    ),
    request,
  );
  if (attempt.authorization) item.append(el('code', {}, 'Authorization: Bearer …'));
  if (attempt.lastEventId) item.append(el('code', {}, 'Last-Event-ID: ', el('b', {}, attempt.lastEventId)));
  const reason = outcome(attempt);
  if (reason) item.append(reason);
  return item;
}

/** @param {Attempt} attempt */
function status({ status: code, took, ended, at, events }) {
  if (code === undefined) return ended ? 'no response' : 'connecting';
  if (code !== 200) return `${code} in ${duration(took ?? 0)}`;
  return ended ? `${code}, ${events} events in ${duration(ended - at)}` : `${code} in ${duration(took ?? 0)}`;
}

/** Why an attempt ended. @param {Attempt} attempt */
function outcome({ error, reason }) {
  if (reason) return el('p', { class: 'reason' }, reason);
  if (!error) return undefined;
  const next = error.willRetry ? `retry in ${duration(error.delay ?? 0)}` : 'gives up';
  return el('p', { class: 'reason' }, el('em', {}, error.code), ` ${error.message}; ${next}`);
}
