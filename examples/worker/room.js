import { Channel } from 'eventsource-wasm/server';

/** Events per second that a page may ask for. */
export const roomRates = { min: 1, max: 50, default: 5 };

/**
 * Of the channels: how far back a reader may come for what it has missed, and how much may wait for one before its
 * policy acts (some 20 events). Both are small, so that a visitor sees their ends.
 */
const channelInit = { history: { events: 250 }, maxBuffer: 2000, heartbeat: 5000, retry: 1000, cors: true };

const maxRooms = 50;
const maxHeld = 20;
/** So long after its last reader has gone, a room's clock stops. */
const sleepsAfter = 10_000;
const drainTimeout = 3000;
/** Which of the sensors reads once in how many events; all others are of `temp`, which is loud. */
const rare = { fire: 41, leak: 31, lamp: 23, door: 17 };

/**
 * A page's own channel, and what publishes to it.
 *
 * In workerd a timer belongs to a request, and none outlives it, so there is no place for "the" publisher. It needs none:
 * event `n` is due at `anchor + n * 1000 / rate` ms, and each reader's request looks at the clock and publishes whatever is
 * due and has not been published. Whoever comes first does it for all, whoever leaves is not missed, and where all have
 * been cut off, the first one that comes back publishes what was due in between. One isolate is enough for a demo; beyond
 * that a channel needs a store, or an object of its own that all requests reach.
 */
class Room {
  channel = new Channel(channelInit);
  rate = roomRates.default;
  /** The number of the event that was published last. */
  seq = 0;
  #anchor = Date.now();
  /** When somebody has last looked at the clock. */
  seenAt = Date.now();
  /** Names of the clients whose lines are held: see `gate` in channel.js. They stay so when they come back. */
  #held = new Set();

  /** Publishes what is due. */
  publish() {
    const now = Date.now();
    // Nobody was there for long: the numbers go on where they were, with no hour to catch up.
    if (now - this.seenAt > sleepsAfter) this.#anchor += now - this.seenAt;
    this.seenAt = now;
    for (let due = this.#due(); due <= now; due = this.#due()) {
      const seq = ++this.seq;
      const sensor = Object.entries(rare).find(([, every]) => seq % every === 0)?.[0] ?? 'temp';
      // With `latest-per-key`, what waits for a reader gives way to what is newer of the same sensor.
      void this.channel.publish({ event: 'reading', key: sensor, data: { seq, sensor, made: Math.round(due) } });
    }
  }

  /** When the next event is. */
  #due() {
    return this.#anchor + ((this.seq + 1) * 1000) / this.rate;
  }

  /** @param {number} rate events per second */
  setRate(rate) {
    this.publish();
    this.rate = rate;
    this.#anchor = Date.now() - (this.seq * 1000) / rate;
  }

  /** @param {string} client */
  isHeld(client) {
    return this.#held.has(client);
  }

  /** @param {readonly string[]} clients @param {boolean} held */
  hold(clients, held) {
    for (const client of clients) {
      if (!held) this.#held.delete(client);
      else if (this.#held.size < maxHeld) this.#held.add(client);
    }
  }

  /**
   * What a new version of a server does: a new channel goes on where the old one is, which sends its readers away. Resolves
   * when all have left it.
   */
  async drain() {
    this.publish();
    const old = this.channel;
    this.channel = Channel.restore(old.snapshot(), channelInit);
    await old.drain(drainTimeout);
  }
}

/** @type {Map<string, Room>} the one that was asked for last at the end */
const rooms = new Map();

/** @param {string} name @returns {Room} the room of that name, a new one where there is none (any more) */
export function room(name) {
  const found = rooms.get(name) ?? new Room();
  rooms.delete(name);
  rooms.set(name, found);
  if (rooms.size > maxRooms) {
    const [longestUnused] = [...rooms].sort(([, a], [, b]) => a.seenAt - b.seenAt)[0];
    rooms.delete(longestUnused);
  }
  return found;
}
