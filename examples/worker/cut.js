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
 * Passes a response on under a client's name, so that it can be cut.
 * @param {Response} response
 * @param {string | null} client
 * @returns {Response}
 */
export function cuttable(response, client) {
  if (!client || !response.ok || !response.body) return response;
  const reader = response.body.getReader();
  const connection = { cut: false };
  live.set(client, connection);
  const leave = () => {
    // The client may have come back under the same name already.
    if (live.get(client) === connection) live.delete(client);
  };
  let broken = false;
  const body = new ReadableStream({
    async pull(controller) {
      if (broken) {
        // Time for the half frame to leave: what is still queued when a stream fails is thrown away with it.
        await new Promise((resolve) => setTimeout(resolve, 40));
        leave();
        const reason = new Error('connection cut on demand');
        controller.error(reason);
        await reader.cancel(reason);
        return;
      }
      const { done, value } = await reader.read();
      if (done) {
        leave();
        controller.close();
        return;
      }
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
