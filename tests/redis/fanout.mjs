// Clients that are cut again and again while much is published, over one process or several.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';

import { connect } from 'eventsource-wasm';

import { random } from '../e2e/random.mjs';

/** The least that an event is on the wire: `id: 1700000000000-0\ndata: a 0\n\n`. */
const EVENT_BYTES = 32;
/** So many events are published at once. */
const PIECE = 100;

/** Starts a process that serves the channel with this key: `{ url, publish(count, from), close() }`. */
export async function startProcess(redis, key, client) {
  const child = fork(new URL('process.mjs', import.meta.url), [redis.port, key, client]);
  const [{ url }] = await once(child, 'message');
  return {
    url,
    /** A piece at a time, asked for by this process: one that is busy with reading asks for less. */
    async publish(count, source) {
      for (let first = 0; first < count; first += PIECE) {
        child.send({ source, first, count: Math.min(PIECE, count - first) });
        await once(child, 'message');
      }
    },
    async close() {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/**
 * What `fetch` does of a GET, over a connection of its own that breaks off after so many bytes of the body; `cut` is told. A tenth of
 * what Node's fetch would cost, which would be most of what is measured here.
 */
function get(url, { headers, signal }, bytes, cut) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { headers: Object.fromEntries(new Headers(headers)), agent: false, signal });
    request.on('error', reject);
    request.on('response', (incoming) => {
      const status = incoming.statusCode;
      if (status !== 200)
        return resolve(new Response(incoming.resume() && null, { status, headers: incoming.headers }));
      const chunks = incoming.iterator({ destroyOnReturn: true });
      const body = new ReadableStream(
        {
          async pull(controller) {
            const { done, value } = bytes > 0 ? await chunks.next() : { value: undefined };
            if (done) return controller.close();
            if (value) controller.enqueue(value.subarray(0, bytes));
            if ((bytes -= value?.length ?? 0) > 0) return;
            if (value) return;
            cut();
            request.destroy();
            controller.error(new Error('cut'));
          },
          cancel: () => void request.destroy(),
        },
        { highWaterMark: 0 },
      );
      resolve(new Response(body, { status, headers: incoming.headers }));
    });
  });
}

/**
 * Reads all that `sources` publish, `count` events each, from the first on; cut `cuts` times at random, each time to go on with any
 * of the processes. Asserts that every event comes, once, in order. Resolves with the number of attempts.
 */
export async function follow(processes, { sources, count, cuts, seed }) {
  const next = random(seed);
  const total = sources.length * count * EVENT_BYTES;
  // Sorted, so that all of them come before the end.
  const points = Array.from({ length: cuts }, () => next() * total).sort((a, b) => a - b);
  const gaps = points.map((point, at) => Math.ceil(point - (points[at - 1] ?? 0)));
  let [attempts, cutSoFar] = [0, 0];
  const fetchSome = (_, init) => {
    attempts++;
    const { url } = processes[Math.floor(next() * processes.length)];
    return get(url, init, gaps[cutSoFar] ?? Infinity, () => cutSoFar++);
  };
  const retry = { delay: 5, factor: 1, maxAttempts: Infinity };
  const stream = await connect(processes[0].url, { fetch: fetchSome, lastEventId: '0-0', retry });
  const expected = new Map(sources.map((source) => [source, 0]));
  let left = sources.length * count;
  let last = [0, -1];
  for await (const { type, data, lastEventId } of stream) {
    const [source, n] = data.split(' ');
    const position = lastEventId.split('-').map(Number);
    if (type !== 'message' || Number(n) !== expected.get(source) || !isBehind(position, last)) {
      assert.fail(
        `expected ${source} ${expected.get(source)} behind ${last}, found ${type} ${data} at ${lastEventId}, seed ${seed}`,
      );
    }
    expected.set(source, Number(n) + 1);
    last = position;
    if (--left === 0) break;
  }
  assert.equal(cutSoFar, cuts, `cuts, seed ${seed}`);
  return attempts;
}

const isBehind = ([epoch, number], [before, at]) => (epoch === before ? number > at : epoch > before);
