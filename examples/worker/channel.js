import { encode } from 'eventsource-wasm/server';
import { cuttable } from './cut.js';
import { problem } from './problem.js';
import { room, roomRates } from './room.js';

/** What a reader may choose that does not keep up. A channel never waits for one. */
const policies = ['disconnect', 'drop-oldest', 'drop-newest', 'latest-per-key'];

const tickMs = 50;

/**
 * `GET /api/channel?room=…&overflow=…&client=…`: reads the channel of a room.
 *
 * Events of the type `reading` have a `seq`, one more each. `line` is this reader's own, and comes before the first of
 * them, after its line was held, and when events were dropped: `head` is the number of the event that was published last,
 * `dropped` how many events its policy has dropped on this connection.
 * @param {Request} request
 * @param {URL} url
 * @returns {Response}
 */
export function subscribe(request, url) {
  const overflow = url.searchParams.get('overflow') ?? policies[0];
  const client = url.searchParams.get('client') ?? '';
  const name = roomName(url);
  if (name instanceof Response) return name;
  if (!policies.includes(overflow)) {
    const detail = `expected overflow to be one of ${policies.join(', ')}, found ${JSON.stringify(overflow)}`;
    // The readers are of another origin, which would not see why.
    return problem(400, 'No such policy', detail, { 'access-control-allow-origin': '*' });
  }
  const home = room(name);
  // First, so that a reader that comes back gets what was due while nobody was there.
  home.publish();
  /** @type {import('eventsource-wasm/server').ServerStream | undefined} */
  let stream;
  const response = home.channel.subscribe(request, { overflow, onSubscribe: (made) => (stream = made) });
  // A preflight.
  if (!stream) return response;
  void tick(home, stream);
  return cuttable(response, client, gate(home, stream, client));
}

/**
 * `POST /api/channel?room=…`: steers it, by a JSON object with one of `rate`, `hold` and `release` (names of clients) and
 * `drain`.
 * @param {Request} request
 * @param {URL} url
 * @returns {Promise<Response>}
 */
export async function steer(request, url) {
  const name = roomName(url);
  if (name instanceof Response) return name;
  const order = await request.json().catch(() => undefined);
  const home = room(name);
  if (isRate(order?.rate)) home.setRate(order.rate);
  else if (isNames(order?.hold)) home.hold(order.hold, true);
  else if (isNames(order?.release)) home.hold(order.release, false);
  else if (order?.drain === true) await home.drain();
  else {
    const { min, max } = roomRates;
    const detail = `expected { rate: ${min} to ${max} }, { hold: [client] }, { release: [client] } or { drain: true }, found something else`;
    return problem(422, 'No such order', detail);
  }
  return Response.json({ rate: home.rate, seq: home.seq }, { headers: { 'cache-control': 'no-store' } });
}

/** @param {URL} url */
function roomName(url) {
  const name = url.searchParams.get('room') ?? '';
  if (/^[0-9a-z]{1,20}$/.test(name)) return name;
  const detail = `expected room to be 1 to 20 letters and digits, found ${JSON.stringify(name)}`;
  return problem(400, 'No such room', detail, { 'access-control-allow-origin': '*' });
}

/** @param {unknown} rate */
function isRate(rate) {
  return Number.isInteger(rate) && Number(rate) >= roomRates.min && Number(rate) <= roomRates.max;
}

/** @param {unknown} names */
function isNames(names) {
  return Array.isArray(names) && names.every((name) => typeof name === 'string' && name.length <= 64);
}

/**
 * Keeps the room going while a reader is there, in that reader's own request. The timers of a request that is over are
 * never called again; a stream's end is only looked at, as it may be another request that brings it.
 * @param {ReturnType<typeof room>} home
 * @param {import('eventsource-wasm/server').ServerStream} stream
 */
async function tick(home, stream) {
  let ended = false;
  void stream.closed.then(() => (ended = true));
  while (!ended) {
    home.publish();
    await new Promise((resolve) => setTimeout(resolve, tickMs));
  }
}

/**
 * What a reader's line passes through: held, it takes nothing from the channel any more, as if the reader had stopped
 * reading. (If the page itself did, the buffers on the way would take minutes of a demo's events before that was felt.)
 * @param {ReturnType<typeof room>} home
 * @param {import('eventsource-wasm/server').ServerStream} stream
 * @param {string} client
 * @returns {import('./cut.js').Gate}
 */
function gate(home, stream, client) {
  /** What the reader was told of, until it has been held again. */
  let told = -1;
  return {
    isHeld() {
      const held = home.isHeld(client);
      if (held) told = -1;
      return held;
    },
    notice() {
      const { dropped } = stream;
      if (dropped === told) return undefined;
      told = dropped;
      return encode({ event: 'line', data: { head: home.seq, dropped } });
    },
  };
}
