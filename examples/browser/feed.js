import { announce } from './announce.js';
import { byId, calmly, el, say } from './dom.js';
import { failure, setUpResume, setUpState } from './resume.js';
import { quickRetry, WatchedStream } from './stream.js';

const rateSteps = [1, 2, 5, 10, 20, 50, 100, 200];
const types = ['metric', 'order', 'note'];

/** The live feed's controls and tiles. @returns {WatchedStream} */
export function setUpFeed() {
  // `gap` comes where the replay window no longer reaches back.
  const stream = new WatchedStream('feed', [...types, 'gap', 'message']);
  const rate = byId('rate');
  const source = byId('source');
  const button = byId('connect');
  const isUpstream = () => source.value === 'upstream';
  const eventsPerSecond = () => rateSteps[Number(rate.value)];
  const tiles = setUpTiles(stream, isUpstream);

  const connect = (goOn = false) => {
    stream.open(isUpstream() ? '/api/upstream' : `/api/feed?rate=${eventsPerSecond()}`, {
      first: 1,
      goOn,
      init: { retry: quickRetry, lastEventId: goOn ? stream.lastEventId : undefined },
      read: (event) => (isUpstream() ? readUpstream(event) : readGenerated(event)),
      onEvent: (event) => tiles.show(event),
    });
  };
  button.addEventListener('click', () => {
    if (stream.isLive) return stream.close('disconnected by the reader');
    tiles.clear();
    connect();
    announce('feed', 'Feed connected.');
  });
  source.addEventListener('change', () => {
    byId('rate-field').style.visibility = isUpstream() ? 'hidden' : '';
    tiles.clear();
    if (stream.isLive) connect();
  });
  rate.addEventListener('input', () => {
    say(byId('rate-value'), `${eventsPerSecond()}/s`);
    rate.setAttribute('aria-valuetext', `${eventsPerSecond()} events per second`);
  });
  // A new rate is a new request that resumes the old one, so that no event is lost on the way.
  rate.addEventListener('change', () => {
    if (stream.isLive) connect(true);
  });

  stream.addEventListener('state', () => {
    button.classList.toggle('primary', !stream.isLive);
    say(button.querySelector('span'), stream.isLive ? 'Disconnect' : 'Connect');
    // A connection that broke off is back in a moment; one that could not be made at all is worth a word.
    const unmade = stream.state === 'waiting' && stream.attempt?.status !== 200;
    if (unmade || stream.state === 'failed') tiles.fail(stream.error);
    if (stream.state === 'open' || stream.state === 'closed') tiles.recover();
    if (stream.state === 'failed') announce('feed', `The feed failed: ${stream.error?.message}`);
  });
  setUpState(byId('feed-state'), stream);
  setUpResume(byId('feed-resume'), stream, () => !isUpstream());
  return stream;
}

/** @param {{ type: string, data: string }} event */
function readGenerated({ type, data }) {
  const { seq, t, made, replayed } = JSON.parse(data);
  // A gap has no number: the jump in the numbers after it is what counts as missed.
  if (type === 'gap') return { sent: t };
  // What waited for the client is measured from when it was made, so that the plot shows the wait.
  return { seq, sent: replayed ? made : t, replayed };
}

/** @param {{ data: string }} event */
function readUpstream({ data }) {
  const sent = Date.parse(json(data)?.meta?.dt);
  return { sent: Number.isNaN(sent) ? undefined : sent };
}

/** @param {string} data @returns {any} */
function json(data) {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

/**
 * The latest event of each type. At 200 events a second a list would only flicker.
 * @param {WatchedStream} stream
 * @param {() => boolean} isUpstream
 */
function setUpTiles(stream, isUpstream) {
  const root = byId('tiles');
  /** @type {Map<string, { says: HTMLElement, id: HTMLElement, event?: MessageEvent }>} */
  const tiles = new Map();
  const add = (/** @type {string} */ type) => {
    const says = el('p', { class: 'says' }, '–');
    const id = el('code', {}, '');
    root.append(el('li', { 'data-type': type }, el('p', { class: 'meta' }, el('span', {}, type), id), says));
    tiles.set(type, { says, id });
  };
  const clear = () => {
    tiles.clear();
    root.replaceChildren();
    for (const type of isUpstream() ? ['latest'] : types) add(type);
  };
  const draw = calmly(() => {
    for (const tile of tiles.values()) {
      if (!tile.event) continue;
      say(tile.says, describe(tile.event.type, json(tile.event.data), tile.event.data));
      say(tile.id, tile.event.lastEventId);
    }
  });
  clear();
  return {
    clear,
    show(/** @type {MessageEvent} */ event) {
      const tile = tiles.get(isUpstream() ? 'latest' : event.type);
      if (tile) tile.event = event;
      draw();
    },
    fail(/** @type {any} */ error) {
      root.querySelector('.wide')?.remove();
      for (const tile of root.children) tile.hidden = true;
      root.append(el('li', { class: 'wide' }, failure(error)));
    },
    recover() {
      root.querySelector('.wide')?.remove();
      for (const tile of root.children) tile.hidden = false;
    },
  };
}

/** @param {string} type @param {any} body @param {string} data */
function describe(type, body, data) {
  if (type === 'metric') return `${body.name} ${body.value.toFixed(1)} ${body.unit}`;
  if (type === 'order') return `${body.item} to ${body.city}, ${body.total.toFixed(2)}`;
  if (type === 'note') return body.text;
  return body?.title ?? data;
}
