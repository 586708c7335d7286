/** How much of the past is kept and shown, in ms. */
export const shownMs = 20_000;

/** @typedef {'live' | 'late' | 'dropped' | 'missed'} Kind */
/** @typedef {{ made: number, kind: Kind }} Mark `made` is when the event was published, in ms since the epoch */
/** @typedef {{ at: number, phase: string }} Turn what becomes of a reader from a time on */

/**
 * What a reader of a channel has got, by the numbers of its events, each of which is one more than the one before it:
 * whatever number it has jumped over was either dropped by the policy, which the server has told before, or is missing.
 */
export class Record {
  received = 0;
  /** Those of them that were published while it was away or did not read. */
  caughtUp = 0;
  dropped = 0;
  missed = 0;
  repeated = 0;
  /** @type {number | undefined} the number that came first */
  first;
  last = 0;
  /** The number up to which events were published while it was away. */
  head = 0;
  /** How many events the server has said it dropped on this connection, and how many of these have not been jumped over. */
  #told = 0;
  #allowed = 0;
  #lastMade = 0;
  /** @type {Mark[]} in the order of their numbers */
  marks = [];
  /** @type {Turn[]} */
  turns = [];
  /** @type {number[]} when it was told that what it has missed is not kept any more */
  gaps = [];

  /** There is a new connection: what was dropped on the old one, this one brings. */
  connected() {
    this.#told = this.#allowed = 0;
  }

  /** @param {{ head: number, dropped: number }} line what the server says of this reader's line */
  line({ head, dropped }) {
    this.#allowed += dropped - this.#told;
    this.#told = dropped;
    // A reader that is new has missed nothing.
    if (this.first !== undefined) this.head = head;
  }

  /** @param {{ seq: number, made: number }} event */
  see({ seq, made }) {
    if (this.first === undefined) this.first = seq;
    else if (seq <= this.last) return void this.repeated++;
    else if (seq > this.last + 1) this.#jump(seq - this.last - 1, made);
    const kind = seq <= this.head ? 'late' : 'live';
    this.received++;
    if (kind === 'late') this.caughtUp++;
    this.marks.push({ made, kind });
    this.last = seq;
    this.#lastMade = made;
  }

  /** @param {number} count @param {number} made of the event after them */
  #jump(count, made) {
    const dropped = Math.min(count, this.#allowed);
    this.#allowed -= dropped;
    this.dropped += dropped;
    this.missed += count - dropped;
    for (let n = 1; n <= count; n++) {
      const at = this.#lastMade + ((made - this.#lastMade) * n) / (count + 1);
      this.marks.push({ made: at, kind: n <= dropped ? 'dropped' : 'missed' });
    }
  }

  /** @param {string} phase @param {number} at */
  turn(phase, at) {
    if (this.turns.at(-1)?.phase !== phase) this.turns.push({ at, phase });
  }

  /** Forgets what is not shown any more. @param {number} now */
  trim(now) {
    const from = now - shownMs - 1000;
    const kept = this.marks.findIndex(({ made }) => made >= from);
    this.marks.splice(0, kept < 0 ? this.marks.length : kept);
    // The turn before the window still says how the window begins.
    while (this.turns.length > 1 && this.turns[1].at < from) this.turns.shift();
    while (this.gaps[0] < from) this.gaps.shift();
  }
}
