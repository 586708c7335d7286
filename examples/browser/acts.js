import { announce } from './announce.js';
import { duration, el, say } from './dom.js';
import { failure } from './resume.js';

/** @typedef {import('./lane.js').Lane} Lane */
/** @typedef {import('./lane.js').Back} Back */

const hint =
  'Connect four readers to one channel. Cut one, and it comes back for what it has missed. Pause one, and once 2 kB wait for it, its policy decides.';

/** The axis of the returns, in ms; what takes longer is at its end. */
const axisMs = 2000;

/**
 * What was done to the readers, and what came of it: told once, when all of them are back, in a sentence and as dots on an
 * axis of time.
 */
export class Acts {
  /** @type {Map<Lane, Act>} what each reader that is behind is to come back from */
  #acts = new Map();
  /** Whose failure is shown. One speaks for all, or the times of four would take turns. @type {Lane | undefined} */
  #failing;

  /** @param {HTMLElement} news @param {HTMLElement} returns @param {number} count of readers */
  constructor(news, returns, count) {
    this.news = news;
    this.returns = returns;
    /** One for each reader. */
    this.dots = Array.from({ length: count }, (_, at) => el('i', { hidden: true, style: `top: ${at * 0.375}rem` }));
    returns.append(...this.dots);
    this.hint();
  }

  /**
   * @param {readonly Lane[]} lanes
   * @param {string} done what was done to them
   */
  begin(lanes, done) {
    if (!lanes.length) return;
    /** @type {Act} */
    const act = { lanes, done, awaited: new Set(lanes), back: [] };
    for (const lane of lanes) this.#acts.set(lane, act);
    this.say(`${subject(lanes)}: ${done}.`);
  }

  /** @param {readonly Lane[]} lanes */
  paused(lanes) {
    const policies = lanes.length === 1 ? lanes[0].policy.value : 'the policy of each';
    const text = `${subject(lanes)}: paused. Once 2 kB wait, ${policies} decides.`;
    this.say(text);
    announce('channel', text);
  }

  /** A reader has lost its connection, and maybe others with it. @param {Lane} lane @param {string} done */
  lost(lane, done) {
    if (this.#acts.has(lane)) return;
    const others = [...this.#acts].filter(([, act]) => act.done === done && !act.back.length).map(([other]) => other);
    this.begin([...others, lane], done);
  }

  /** @param {Back} back */
  back(back) {
    const act = this.#acts.get(back.lane);
    this.#acts.delete(back.lane);
    if (!act) return;
    act.back.push(back);
    act.awaited.delete(back.lane);
    // Those that something else was done to meanwhile are not waited for.
    if ([...act.awaited].some((lane) => this.#acts.get(lane) === act)) return;
    const text = outcome(act);
    this.say(text);
    announce('channel', text);
    this.#showReturns(act.back);
  }

  hint() {
    this.say(hint);
  }

  /** @param {string} text */
  say(text) {
    this.#failing = undefined;
    const [first] = this.news.children;
    if (first?.tagName === 'P') say(first, text);
    else this.news.replaceChildren(el('p', {}, text));
  }

  /** A reader could not connect. @param {Lane} lane */
  fail(lane) {
    const { error } = lane.stream;
    if (!this.#failing) announce('channel', `The readers cannot connect: ${error.message}`);
    this.#failing ??= lane;
    if (this.#failing === lane) this.news.replaceChildren(failure(error));
  }

  recover() {
    if (this.#failing) this.say('Connected again.');
  }

  clear() {
    this.#acts.clear();
    this.#showReturns([]);
  }

  /** @param {readonly Back[]} back */
  #showReturns(back) {
    const lost = back.filter(({ after }) => after !== undefined);
    // Readers that were paused have nothing to show here.
    if (back.length && !lost.length) return;
    for (const dot of this.dots) dot.hidden = true;
    for (const { lane, after = 0 } of lost) {
      const dot = this.dots[lane.number - 1];
      dot.hidden = false;
      dot.style.left = `${(Math.min(after, axisMs) / axisMs) * 100}%`;
    }
    const times = lost.map(({ lane, after = 0 }) => `${lane.name} after ${duration(after)}`);
    this.returns.setAttribute('aria-label', times.length ? `Back: ${times.join(', ')}` : 'Nobody has come back yet');
  }
}

/** @typedef {{ lanes: readonly Lane[], done: string, awaited: Set<Lane>, back: Back[] }} Act */

/** @param {readonly Lane[]} lanes */
function subject(lanes) {
  return lanes.length === 1 ? lanes[0].title : `${lanes.length} readers`;
}

/** @param {Act} act */
function outcome({ lanes, done, back }) {
  const sum = (/** @type {'caughtUp' | 'dropped' | 'missed'} */ key) =>
    back.reduce((total, one) => total + one[key], 0);
  const times = back.flatMap(({ after }) => (after === undefined ? [] : [after])).sort((a, b) => a - b);
  const parts = [];
  if (times.length) {
    const [first, last] = [duration(times[0]), duration(times[times.length - 1])];
    parts.push(`back after ${first === last ? first : `${first} to ${last}`}`);
  }
  parts.push(`caught up ${events(sum('caughtUp'))}`);
  const dropped = sum('dropped');
  if (dropped) parts.push(`${events(dropped)} dropped by policy`);
  const missed = sum('missed');
  // Not a fault: what is not kept cannot be brought, and the reader was told so.
  const told = missed ? ', as they are not kept any more, and told so by the event gap' : '';
  return `${subject(lanes)}: ${done}; ${parts.join(', ')}. Missed: ${missed}${told}.`;
}

/** @param {number} count */
function events(count) {
  return count === 1 ? '1 event' : `${count} events`;
}
