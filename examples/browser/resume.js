import { announce } from './announce.js';
import { calmly, duration, el, icon, say } from './dom.js';

/**
 * The strip under a stream: a button that cuts it, and what the cut did.
 * @param {HTMLElement} root
 * @param {import('./stream.js').WatchedStream} stream
 * @param {() => boolean} [isNumbered] whether the stream's events have sequence numbers
 */
export function setUpResume(root, stream, isNumbered = () => true) {
  const button = el(
    'button',
    { type: 'button', class: 'button cut', disabled: true, id: `${stream.name}-cut` },
    icon('cut'),
    'Cut the connection',
  );
  const figure = (/** @type {string} */ key, /** @type {string} */ label) => {
    const value = el('dd', { id: `${stream.name}-${key}` }, '–');
    return { value, node: el('div', {}, el('dt', {}, label), value) };
  };
  const id = figure('last-id', 'Last id sent');
  const time = figure('time', 'Resumed in');
  const missed = figure('missed', 'Missed');
  const repeated = figure('repeated', 'Repeated');
  root.append(button, el('dl', {}, id.node, time.node, missed.node, repeated.node));

  const show = calmly(() => {
    button.disabled = stream.state !== 'open';
    const { ledger } = stream;
    // Nothing is proven while the stream is away.
    const proven = stream.timeToResume !== undefined;
    say(id.value, stream.resumedFrom ?? '–');
    id.value.title = stream.resumedFrom ?? '';
    say(time.value, stream.timeToResume === undefined ? '–' : duration(stream.timeToResume));
    for (const [cell, count] of /** @type {const} */ ([
      [missed.value, ledger.missed],
      [repeated.value, ledger.repeated],
    ])) {
      const known = isNumbered() && ledger.seen > 0;
      say(cell, known ? String(count) : '–');
      cell.title = known
        ? `of ${ledger.seen} events, by their sequence numbers`
        : isNumbered()
          ? ''
          : 'this source does not number its events';
      if (known && (count > 0 || proven)) cell.dataset.tone = count > 0 ? 'bad' : 'good';
      else delete cell.dataset.tone;
    }
  });
  for (const type of ['state', 'received', 'resumed']) stream.addEventListener(type, show);

  stream.addEventListener('resumed', () => {
    const { ledger, timeToResume = 0, name } = stream;
    const counts = isNumbered() ? ` Missed: ${ledger.missed}. Repeated: ${ledger.repeated}.` : '';
    announce(name, `${name} resumed after ${duration(timeToResume)}.${counts}`);
  });
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      await stream.cut();
    } catch (error) {
      announce(stream.name, `The ${stream.name} could not be cut: ${/** @type {Error} */ (error).message}`);
      show();
    }
  });
}

export const words = {
  idle: 'Idle',
  connecting: 'Connecting',
  open: 'Streaming',
  waiting: 'Reconnecting',
  failed: 'Failed',
  closed: 'Closed',
};

/** Shows a stream's state in a panel's head. @param {HTMLElement} badge @param {import('./stream.js').WatchedStream} stream */
export function setUpState(badge, stream) {
  const show = () => {
    badge.dataset.state = stream.state;
    say(badge, words[stream.state]);
  };
  stream.addEventListener('state', show);
  show();
}

/** @param {string} text */
function sentence(text) {
  return text[0].toUpperCase() + text.slice(1).replace(/[^.!?…]$/, '$&.');
}

/** An error as a block: what happened, and what comes next. @param {any} error an EventSourceError */
export function failure(error) {
  let detail = '';
  try {
    detail = JSON.parse(error.body).detail ?? '';
  } catch {
    // Most errors have no body, and a body need not be a problem document.
  }
  const next = error?.willRetry ? `Trying again in ${duration(error.delay ?? 0)}.` : 'Not tried again.';
  return el(
    'div',
    { class: error?.willRetry ? 'failure waiting' : 'failure' },
    icon('alert'),
    el('strong', {}, error?.willRetry ? 'Connection lost' : `Refused: ${error?.code ?? 'unknown error'}`),
    el('p', {}, [error?.message, detail, next].filter(Boolean).map(sentence).join(' ')),
  );
}
