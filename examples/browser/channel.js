import { Acts } from './acts.js';
import { announce } from './announce.js';
import { frameMs } from './canvas.js';
import { byId, calmly, say } from './dom.js';
import { Lane } from './lane.js';
import { shownMs } from './record.js';
import { words } from './resume.js';
import { Strip } from './strip.js';

const readers = 4;
const rateSteps = [1, 2, 5, 10, 20, 50];

/**
 * A browser makes at most six connections to an origin over HTTP/1.1, and the chat, the feed and the buttons need theirs.
 * So the readers take this machine's other name, which is another origin: the channel allows it by CORS.
 */
const twins = /** @type {Record<string, string>} */ ({ '127.0.0.1': 'localhost', localhost: '127.0.0.1' });

/** The panel of the channel. @returns {{ lanes: Lane[], recolour: () => void }} */
export function setUpChannel() {
  const { urlOf, steer } = channelOf();
  const acts = new Acts(byId('channel-news'), byId('channel-returns'), readers);
  const published = setUpPublished();
  /** Says where something cannot be done, and takes it back. @param {Promise<unknown>} doing @param {() => void} [undo] */
  const tried = (doing, undo) =>
    doing.catch((error) => {
      undo?.();
      acts.say(`That could not be done: ${error.message}`);
      announce('channel', `That could not be done: ${error.message}`);
    });
  const cut = (/** @type {Lane[]} */ chosen) => {
    const open = chosen.filter((lane) => lane.isOpen);
    acts.begin(open, 'cut in the middle of an event');
    for (const lane of open) void tried(lane.stream.cut());
  };
  const hold = (/** @type {Lane[]} */ chosen, /** @type {boolean} */ isHeld) => {
    const changing = chosen.filter((lane) => lane.isHeld !== isHeld);
    const names = changing.map(({ stream }) => stream.client);
    for (const lane of changing) lane.setHeld(isHeld);
    if (isHeld) acts.paused(changing);
    else acts.begin(changing, 'reading again');
    const undo = () => changing.forEach((lane) => lane.setHeld(!isHeld));
    void tried(steer(isHeld ? { hold: names } : { release: names }), undo);
  };

  const lanes = Array.from(
    { length: readers },
    (_, at) => new Lane(at + 1, urlOf, { cut: (lane) => cut([lane]), hold: (lane) => hold([lane], !lane.isHeld) }),
  );
  byId('lanes').append(...lanes.map(({ root }) => root));
  byId('cut-all').addEventListener('click', () => cut(lanes));
  byId('pause-all').addEventListener('click', () =>
    hold(
      lanes,
      lanes.some(({ isHeld }) => !isHeld),
    ),
  );
  byId('drain').addEventListener('click', () => {
    acts.begin(lanes, 'sent away by a drain, each told a time of its own to come back');
    void tried(steer({ drain: true }));
  });
  setUpConnect(lanes, acts, published);
  const strips = [published.strip, ...lanes.map(({ strip }) => strip)];
  setUpRate(strips, (rate) => tried(steer({ rate })));
  const wake = setUpDrawing(lanes, strips);
  for (const lane of lanes) {
    lane.stream.addEventListener('received', (event) => {
      const { sent, type } = /** @type {CustomEvent} */ (event).detail;
      if (type === 'reading') published.see(lane.record.last, sent);
      wake();
    });
    lane.stream.addEventListener('state', () => {
      changed(lane, acts);
      showState(lanes);
      wake();
    });
    lane.addEventListener('held', () => showState(lanes));
    lane.addEventListener('back', (event) => {
      // The numbers are to be those that the sentence speaks of.
      lane.show();
      acts.back(/** @type {CustomEvent} */ (event).detail);
    });
  }
  showState(lanes);
  return { lanes, recolour: () => strips.forEach((strip) => strip.recolour()) };
}

/** A room of this page's own, so that its rate and its numbers are. */
function channelOf() {
  const query = `room=${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;
  const origin = new URL(location.href);
  origin.hostname = twins[origin.hostname] ?? origin.hostname;
  return {
    urlOf: (/** @type {string} */ overflow) => `${origin.origin}/api/channel?${query}&overflow=${overflow}`,
    async steer(/** @type {object} */ order) {
      const response = await fetch(`/api/channel?${query}`, { method: 'POST', body: JSON.stringify(order) });
      if (!response.ok) throw new Error(`expected status 200, found ${response.status}`);
    },
  };
}

/** The strip of the channel itself: what any of the readers has got. */
function setUpPublished() {
  /** @type {import('./record.js').Mark[]} */
  let marks = [];
  const seen = new Set();
  const record = { marks, turns: [], gaps: [] };
  return {
    strip: new Strip(byId('published'), record),
    /** @param {number} seq @param {number} made */
    see(seq, made) {
      if (seen.has(seq)) return;
      seen.add(seq);
      const from = Date.now() - shownMs - 1000;
      if (marks.length > 100 && marks[0].made < from) marks = record.marks = marks.filter(({ made: at }) => at >= from);
      marks.push({ made, kind: 'live' });
      say(byId('channel-count'), `${seen.size.toLocaleString('en')}`);
    },
    clear() {
      seen.clear();
      marks = record.marks = [];
      say(byId('channel-count'), '–');
    },
  };
}

/** @param {Lane[]} lanes @param {Acts} acts @param {ReturnType<typeof setUpPublished>} published */
function setUpConnect(lanes, acts, published) {
  byId('channel-connect').addEventListener('click', () => {
    acts.clear();
    if (lanes.some(({ stream }) => stream.isLive)) {
      for (const lane of lanes) lane.close();
      acts.hint();
      return;
    }
    published.clear();
    for (const lane of lanes) lane.open();
    acts.say('Each reader gets every event. Cut one, or pause one.');
    announce('channel', `${lanes.length} readers connected.`);
  });
}

/** @param {readonly Strip[]} strips @param {(rate: number) => unknown} setRate */
function setUpRate(strips, setRate) {
  const input = byId('channel-rate');
  const show = () => {
    const rate = rateSteps[Number(input.value)];
    say(byId('channel-rate-value'), `${rate}/s`);
    input.setAttribute('aria-valuetext', `${rate} events per second`);
    for (const strip of strips) strip.rate = rate;
    return rate;
  };
  input.addEventListener('input', show);
  input.addEventListener('change', () => setRate(show()));
  show();
}

/** Draws for as long as something moves. @param {readonly Lane[]} lanes @param {readonly Strip[]} strips */
function setUpDrawing(lanes, strips) {
  const showCounts = calmly(() => lanes.forEach((lane) => lane.show()));
  const wake = calmly(() => {
    const now = Date.now();
    for (const { record } of lanes) record.trim(now);
    for (const strip of strips) strip.draw(now);
    if (lanes.some(({ stream, record }) => stream.isLive || record.marks.length)) wake();
  }, frameMs);
  return () => {
    showCounts();
    wake();
  };
}

/** What a reader's change of state means for the panel. @param {Lane} lane @param {Acts} acts */
function changed(lane, acts) {
  const { state, error, attempt } = lane.stream;
  if (state === 'open') acts.recover();
  if (state !== 'waiting' && state !== 'failed') return;
  // As with the feed: one that broke off is back in a moment, one that could not be made is worth a word.
  if (error && attempt?.status !== 200) acts.fail(lane);
  else if (!error) acts.lost(lane, 'away while the page was hidden');
  else acts.lost(lane, lane.isHeld ? 'too far behind, and disconnected by its policy' : 'disconnected');
}

/** @param {readonly Lane[]} lanes */
function showState(lanes) {
  const badge = byId('channel-state');
  const open = lanes.filter(({ isOpen }) => isOpen).length;
  const live = lanes.filter(({ stream }) => stream.isLive).length;
  const state = open === lanes.length ? 'open' : live ? 'waiting' : lanes[0].stream.state;
  badge.dataset.state = state;
  say(badge, open && open < lanes.length ? `${open} of ${lanes.length} streaming` : words[state]);
  const button = byId('channel-connect');
  button.classList.toggle('primary', live === 0);
  say(button.querySelector('span'), live ? 'Disconnect' : 'Connect');
  for (const id of ['cut-all', 'pause-all', 'drain']) byId(id).disabled = live === 0;
  byId('cut-all').setAttribute('aria-disabled', String(open === 0));
  const held = lanes.every(({ isHeld }) => isHeld);
  byId('pause-all').setAttribute('aria-pressed', String(held));
  byId('pause-all')
    .querySelector('use')
    .setAttribute('href', held ? '#i-play' : '#i-pause');
  say(byId('pause-all').querySelector('b'), held ? 'Resume all' : 'Pause all');
}
