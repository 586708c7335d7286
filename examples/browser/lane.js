import { el, icon, say } from './dom.js';
import { Record } from './record.js';
import { words } from './resume.js';
import { quickRetry, WatchedStream } from './stream.js';
import { Strip } from './strip.js';

/** What may become of a reader that does not keep up. */
export const policies = ['disconnect', 'drop-oldest', 'drop-newest', 'latest-per-key'];

const figures = /** @type {const} */ (['received', 'caught up', 'dropped', 'missed']);

/**
 * What a reader tells of its return: the ms from the loss of its connection, where it was lost, and what became of the
 * events it was behind by.
 * @typedef {{ lane: Lane, after: number | undefined, caughtUp: number, dropped: number, missed: number }} Back
 */

/**
 * One reader of the channel: its connection, what it has got, and its row. Tells its listeners of `back`, when it has
 * caught up with what was published while it was away or did not read, and of `held`, when it was paused or reads again.
 */
export class Lane extends EventTarget {
  /** Whether its line is held, so that it reads nothing. */
  isHeld = false;
  record = new Record();
  /** What its record said when it was last live. */
  #before = { caughtUp: 0, dropped: 0, missed: 0 };
  /** It is to catch up; set from a loss or a pause on. */
  #isBehind = false;
  /** It did not read meanwhile, and so was away for as long as it liked. */
  #wasPaused = false;
  /** @type {Map<string, HTMLElement>} */
  #cells = new Map();
  #state = el('span', { class: 'state', 'data-state': 'idle' }, words.idle);

  /**
   * @param {number} number from 1 on
   * @param {(overflow: string) => string} urlOf the channel's address
   * @param {{ cut: (lane: Lane) => void, hold: (lane: Lane) => void }} acts what the buttons do
   */
  constructor(number, urlOf, acts) {
    super();
    this.number = number;
    this.name = `reader ${number}`;
    this.title = `Reader ${number}`;
    this.urlOf = urlOf;
    this.stream = new WatchedStream(this.name, ['reading', 'line', 'gap']);
    this.canvas = el('canvas', { role: 'img' });
    this.policy = this.#makePolicy(policies[(number - 1) % policies.length]);
    this.holdButton = this.#makeButton('pause', 'Pause', () => acts.hold(this));
    this.holdButton.setAttribute('aria-pressed', 'false');
    this.cutButton = this.#makeButton('cut', 'Cut', () => acts.cut(this));
    this.cutButton.classList.add('cut');
    this.root = this.#makeRow();
    this.strip = new Strip(this.canvas, this.record);
    this.stream.addEventListener('state', () => {
      if (this.stream.state === 'waiting') this.#isBehind = true;
      // What was dropped on one connection is brought by the next.
      if (this.isOpen) this.record.connected();
      this.#changed();
    });
    // Once the stream has noted the event, and so how long it was away.
    this.stream.addEventListener('received', (event) => {
      const isThrough =
        this.record.last >= this.record.head && /** @type {CustomEvent} */ (event).detail.type !== 'gap';
      if (isThrough && this.#isBehind && !this.isHeld) this.#isBack();
    });
    this.#changed();
    this.show();
  }

  get isOpen() {
    return this.stream.state === 'open';
  }

  /** @param {boolean} [goOn] counts where it stopped, and asks for what comes behind that */
  open(goOn = false) {
    if (!goOn) {
      this.strip.record = this.record = new Record();
      this.#before = { caughtUp: 0, dropped: 0, missed: 0 };
      this.#isBehind = this.#wasPaused = false;
    }
    const lastEventId = goOn ? this.stream.lastEventId || undefined : undefined;
    this.stream.open(this.urlOf(this.policy.value), {
      first: 1,
      goOn,
      // A page that nobody looks at leaves its connections to those that are seen; it loses nothing by that.
      init: { retry: quickRetry, connectTimeout: 10_000, pauseWhenHidden: true, lastEventId },
      read: (event) => this.#read(event),
    });
  }

  close() {
    this.setHeld(false);
    this.stream.close('disconnected by the reader');
  }

  /** @param {boolean} isHeld */
  setHeld(isHeld) {
    this.isHeld = isHeld;
    if (isHeld) this.#isBehind = this.#wasPaused = true;
    this.holdButton.setAttribute('aria-pressed', String(isHeld));
    this.holdButton.querySelector('use').setAttribute('href', isHeld ? '#i-play' : '#i-pause');
    say(this.holdButton.querySelector('b'), isHeld ? 'Resume' : 'Pause');
    this.#changed();
    this.dispatchEvent(new Event('held'));
  }

  /** @param {{ type: string, data: string }} event */
  #read({ type, data }) {
    const { record } = this;
    const body = JSON.parse(data);
    if (type === 'gap') record.gaps.push(Date.now());
    else if (type === 'reading') record.see(body);
    else record.line(body);
    // A gap has no number, as the feed's has none.
    return type === 'reading' ? { seq: body.seq, sent: body.made } : {};
  }

  #isBack() {
    const { caughtUp, dropped, missed } = this.record;
    const before = this.#before;
    this.#before = { caughtUp, dropped, missed };
    /** @type {Back} */
    const detail = {
      lane: this,
      after: this.#wasPaused ? undefined : this.stream.timeToResume,
      caughtUp: caughtUp - before.caughtUp,
      dropped: dropped - before.dropped,
      missed: missed - before.missed,
    };
    this.#isBehind = this.#wasPaused = false;
    this.dispatchEvent(new CustomEvent('back', { detail }));
  }

  #changed() {
    const { stream, record } = this;
    const phase = !stream.isLive ? 'off' : !this.isOpen ? 'away' : this.isHeld ? 'held' : 'open';
    // A reader that has never been there is not away.
    if (phase !== 'away' || record.turns.length) record.turn(phase, Date.now());
    const isHeld = phase === 'held';
    this.#state.dataset.state = isHeld ? 'held' : stream.state;
    say(this.#state, isHeld ? 'Paused' : words[stream.state]);
    // Off, but where the focus stays: who works by keyboard cuts again once it is back.
    this.cutButton.disabled = !stream.isLive;
    this.cutButton.setAttribute('aria-disabled', String(!this.isOpen));
    this.holdButton.disabled = !stream.isLive;
  }

  /** Brings the numbers up to date. */
  show() {
    const { received, caughtUp, dropped, missed, repeated, first, last } = this.record;
    const known = first !== undefined;
    for (const [at, count] of [received, caughtUp, dropped, missed].entries()) {
      const cell = /** @type {HTMLElement} */ (this.#cells.get(figures[at]));
      say(cell, known ? count.toLocaleString('en') : '–');
    }
    const cell = /** @type {HTMLElement} */ (this.#cells.get('missed'));
    cell.title = known ? `of events ${first} to ${last}; ${repeated} repeated` : '';
    if (known) cell.dataset.tone = missed > 0 ? 'bad' : 'good';
    else delete cell.dataset.tone;
    this.root.dataset.attempts = String(this.stream.attempts);
    this.canvas.setAttribute(
      'aria-label',
      `${this.title}, last 20 seconds. ${received} received, ${caughtUp} of them caught up, ${dropped} dropped by its policy, ${missed} missed.`,
    );
  }

  /** @param {string} chosen */
  #makePolicy(chosen) {
    const select = el('select', { 'aria-label': `Overflow policy of ${this.name}` });
    for (const policy of policies) select.add(new Option(policy, policy, policy === chosen, policy === chosen));
    // Another policy is another request, which goes on where the last one was.
    select.addEventListener('change', () => {
      if (this.stream.isLive) this.open(true);
    });
    return select;
  }

  /** @param {string} name @param {string} text @param {() => void} act */
  #makeButton(name, text, act) {
    const hidden = el('span', { class: 'hidden' }, ` ${this.name}`);
    const button = el('button', { type: 'button', class: 'button' }, icon(name), el('b', {}, text), hidden);
    button.addEventListener('click', () => {
      if (button.getAttribute('aria-disabled') !== 'true') act();
    });
    return button;
  }

  #makeRow() {
    const counts = el('dl', {});
    for (const name of figures) {
      const cell = el('dd', {}, '–');
      this.#cells.set(name, cell);
      counts.append(el('div', {}, el('dt', {}, name), cell));
    }
    const head = el('p', { class: 'name' }, el('strong', {}, this.title), this.#state);
    const strip = el('div', { class: 'strip' }, this.canvas);
    return el('li', {}, head, strip, counts, this.policy, this.holdButton, this.cutButton);
  }
}
