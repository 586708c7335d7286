import { eventStream } from 'eventsource-wasm/server';
import { sleep } from './clock.js';
import { problem } from './problem.js';

/** Events per second that a client may ask for. */
export const rates = { min: 1, max: 200, default: 20 };

/** How far back a resuming client is served. Older events are gone, and the client is told how many. */
export const replayWindow = { events: 2000 };

const tick = 25;

/**
 * `GET /api/feed?rate=…`: a live feed that keeps no state at all.
 *
 * An event's id is `<seq>.<rate>.<anchor>`: event `seq` is made at `anchor + seq * 1000 / rate` ms, and its content is a
 * function of `seq`. Whoever comes back with an id gets what was made since, then goes on live; a new rate keeps the
 * numbering and moves the anchor.
 * @param {Request} request
 * @returns {Response}
 */
export function feed(request) {
  const asked = new URL(request.url).searchParams.get('rate') ?? String(rates.default);
  const rate = Number(asked);
  if (!Number.isInteger(rate) || rate < rates.min || rate > rates.max) {
    const detail = `expected a whole number from ${rates.min} to ${rates.max}, found ${JSON.stringify(asked)}`;
    return problem(400, 'No such rate', detail);
  }
  return eventStream(request, (stream) => run(stream, rate), { retry: 700, heartbeat: 5000 });
}

/**
 * @param {import("eventsource-wasm/server").ServerStream} stream
 * @param {number} rate events per second
 */
async function run(stream, rate) {
  let { anchor, seq } = start(stream.lastEventId, rate, Date.now());
  const due = (/** @type {number} */ n) => anchor + (n * 1000) / rate;

  const behind = Math.floor(((Date.now() - anchor) * rate) / 1000) - seq;
  if (behind > replayWindow.events) {
    const missed = behind - replayWindow.events;
    await stream.send({ event: 'gap', data: { from: seq, to: seq + missed - 1, missed, t: Date.now() } });
    seq += missed;
  }
  while (!stream.signal.aborted) {
    for (let now = Date.now(); due(seq) <= now && !stream.signal.aborted; seq++) {
      const { type, ...body } = content(seq);
      // An event that was made more than a few ticks ago has been waiting for a client that was away.
      const replayed = now - due(seq) > 4 * tick ? true : undefined;
      const data = { seq, ...body, made: Math.round(due(seq)), t: Date.now(), replayed };
      await stream.send({ event: type, id: `${seq}.${rate}.${anchor.toString(36)}`, data });
    }
    await sleep(Math.max(tick, Math.min(due(seq) - Date.now(), 1000)), stream.signal);
  }
}

/**
 * @param {string} lastEventId
 * @param {number} rate
 * @param {number} now ms since the epoch
 */
function start(lastEventId, rate, now) {
  const match = /^(\d{1,12})\.(\d{1,3})\.([0-9a-z]{1,9})$/.exec(lastEventId);
  if (!match) return { anchor: now, seq: 1 };
  const seq = Number(match[1]) + 1;
  const anchor = parseInt(match[3], 36);
  if (Number(match[2]) === rate) return { anchor, seq };
  return { anchor: Math.round(now - (seq * 1000) / rate), seq };
}

const cities = ['Reykjavík', 'São Paulo', 'Zürich', '東京', 'Nairobi', 'Kraków', 'Montréal', 'Αθήνα'];
const goods = ['keyboard', 'kettle', 'field notes', 'lamp', 'headphones', 'rucksack', 'tea, 250 g'];
const notes = [
  'deploy finished',
  'cache warmed',
  'certificate renewed — 90 days',
  'queue drained',
  'naïve retry replaced',
  'backup verified ✓',
];

/**
 * What event `seq` says. The same for the same number, whichever connection and isolate makes it.
 * @param {number} seq
 */
function content(seq) {
  const random = hash(seq);
  const pick = (/** @type {readonly string[]} */ list) => list[(random >>> 8) % list.length];
  if (random % 10 < 6) {
    const wave = Math.sin(seq / 23) * 18 + ((random >>> 16) % 100) / 10;
    return { type: 'metric', name: 'cpu', value: Math.round((42 + wave) * 10) / 10, unit: '%' };
  }
  if (random % 10 < 9)
    return { type: 'order', item: pick(goods), city: pick(cities), total: ((random >>> 12) % 20000) / 100 };
  return { type: 'note', text: pick(notes) };
}

/** A well-mixed 32-bit number of another (the finalizer of MurmurHash3). @param {number} n */
function hash(n) {
  let h = Math.imul(n + 1, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
