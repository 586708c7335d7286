/** How much of the past is kept and shown, in ms. */
export const windowMs = 30_000;
const capacity = 16_384;

/** The measured events and states of the last 30 seconds, of all streams. */
export class Samples {
  /** A ring: at 200 events a second nothing should be allocated for each. */
  #at = new Float64Array(capacity);
  #delay = new Float32Array(capacity);
  #kind = new Uint8Array(capacity);
  #next = 0;
  /** @type {Map<string, { state: string, at: number }[]>} changes of state, in order */
  states = new Map();

  /** @param {import('./stream.js').Received} received @param {number} stream index of the stream, 0 or 1 */
  add({ at, delay, replayed }, stream) {
    const slot = this.#next++ % capacity;
    this.#at[slot] = at;
    this.#delay[slot] = delay ?? NaN;
    this.#kind[slot] = stream | (replayed ? 2 : 0);
  }

  /** @param {string} stream @param {string} state @param {number} at */
  setState(stream, state, at) {
    const changes = this.states.get(stream) ?? [];
    if (changes.at(-1)?.state !== state) changes.push({ state, at });
    // The one before the window still says how the window begins.
    while (changes.length > 1 && changes[1].at < at - windowMs) changes.shift();
    this.states.set(stream, changes);
  }

  /**
   * Calls back for every event of the window, the latest first.
   * @param {number} now
   * @param {(at: number, delay: number, stream: number, replayed: boolean) => void} visit `delay` is NaN where unknown
   */
  each(now, visit) {
    for (let n = this.#next - 1; n >= 0 && n > this.#next - capacity; n--) {
      const slot = n % capacity;
      if (this.#at[slot] < now - windowMs) return;
      visit(this.#at[slot], this.#delay[slot], this.#kind[slot] & 1, this.#kind[slot] > 1);
    }
  }

  /** Numbers about the window. Delays leave out what was replayed, as that measures the cut. @param {number} now */
  figures(now) {
    /** @type {number[]} */
    const delays = [];
    let replayed = 0;
    let recent = 0;
    let count = 0;
    this.each(now, (at, delay, _stream, isReplay) => {
      count++;
      if (at > now - 2000) recent++;
      if (isReplay) replayed++;
      else if (!Number.isNaN(delay)) delays.push(delay);
    });
    delays.sort((a, b) => a - b);
    const quantile = (/** @type {number} */ q) =>
      delays.length ? delays[Math.min(delays.length - 1, Math.floor(q * delays.length))] : undefined;
    return { count, rate: recent / 2, p50: quantile(0.5), p99: quantile(0.99), replayed };
  }
}
