import { problem } from './problem.js';

// workerd lets no request touch another's streams, so that "cut that connection" is only a flag here, which the
// connection itself looks at whenever it passes bytes on.
/** @type {Map<string, { cut: boolean }>} */
const live = new Map();

/**
 * `POST /api/cut?client=…`: has the server's side of that client's connection dropped in the middle of a frame.
 * @param {URL} url
 * @returns {Response}
 */
export function cut(url) {
  const client = url.searchParams.get('client') ?? '';
  const connection = live.get(client);
  if (!connection) {
    return problem(
      404,
      'No such connection',
      `expected the name of a client that is connected, found ${JSON.stringify(client)}`,
    );
  }
  connection.cut = true;
  return Response.json({ client, cut: true }, { headers: { 'cache-control': 'no-store' } });
}

/**
 * What a response may pass through.
 * @typedef {object} Gate
 * @property {() => boolean} isHeld whether nothing goes on for now
 * @property {() => Uint8Array | undefined} notice frames of the gate's own, asked for before each chunk
 */

/**
 * Passes a response on under a client's name, so that it can be cut.
 * @param {Response} response
 * @param {string | null} client
 * @param {Gate} [gate]
 * @returns {Response}
 */
export function cuttable(response, client, gate) {
  if (!client || !response.ok || !response.body) return response;
  const reader = response.body.getReader();
  const connection = { cut: false };
  live.set(client, connection);
  const leave = () => {
    // The client may have come back under the same name already.
    if (live.get(client) === connection) live.delete(client);
  };
  // The source has been broken off: the next read says why.
  let lost = false;
  reader.closed.catch(() => (lost = true));
  // The first chunk passes whatever the gate, so that the reader knows that it is connected.
  let passed = false;
  let broken = false;
  const body = new ReadableStream({
    async pull(controller) {
      if (passed) broken ||= await held(controller, gate, () => lost, connection);
      if (broken) {
        // Time for the half frame to leave: what is still queued when a stream fails is thrown away with it.
        await pause(40);
        leave();
        const reason = new Error('connection cut on demand');
        controller.error(reason);
        await reader.cancel(reason);
        return;
      }
      const notice = gate?.notice();
      if (notice) controller.enqueue(notice);
      const { done, value } = await reader.read();
      if (done) {
        leave();
        controller.close();
        return;
      }
      passed = true;
      broken = connection.cut;
      controller.enqueue(broken ? value.subarray(0, insideLastFrame(value)) : value);
    },
    async cancel(reason) {
      leave();
      await reader.cancel(reason);
    },
  });
  return new Response(body, response);
}

const lookMs = 40;
/** So often a held line shows that it is there, by which the runtime notices a reader that has left. */
const looksPerComment = 50;
const comment = new TextEncoder().encode(':\n\n');

/**
 * Waits while the gate is held. It looks again and again, as the one who opens it is another request.
 * @param {ReadableStreamDefaultController} controller
 * @param {Gate | undefined} gate
 * @param {() => boolean} isLost
 * @param {{ cut: boolean }} connection
 * @returns {Promise<boolean>} whether it was cut meanwhile
 */
async function held(controller, gate, isLost, connection) {
  for (let look = 1; gate?.isHeld() && !isLost(); look++) {
    if (connection.cut) return true;
    if (look % looksPerComment === 0) controller.enqueue(comment);
    await pause(lookMs);
  }
  return false;
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * An offset in the middle of a chunk's last frame.
 * @param {Uint8Array} chunk whole frames
 */
function insideLastFrame(chunk) {
  const lineEnd = 10;
  let start = chunk.length - 2;
  while (start > 1 && !(chunk[start - 1] === lineEnd && chunk[start - 2] === lineEnd)) start--;
  if (start <= 1) start = 0;
  return start + Math.max(1, (chunk.length - start) >> 1);
}
