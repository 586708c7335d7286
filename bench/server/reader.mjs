// The clients of the server benchmarks, a process of its own: they only count.

import { Agent, get } from 'node:http';

import { createParser } from 'eventsource-parser';

import { answer } from '../client/child.mjs';

const agent = new Agent({ keepAlive: false, maxSockets: Infinity });
const NEEDLE = Buffer.from('\ndata:');

const request = (url) => new Promise((resolve, reject) => get(url, { agent }, resolve).once('error', reject));

async function text(url) {
  const response = await request(url);
  let found = '';
  for await (const piece of response.setEncoding('utf8')) found += piece;
  return found;
}

/** How many events come. Each has one line of data, and never its beginning. */
function count(response) {
  return new Promise((resolve, reject) => {
    // The first line may be one of data.
    let [found, rest] = [0, Buffer.from('\n')];
    response.on('data', (chunk) => {
      // The needle may be cut by the end of a chunk.
      const seam = Buffer.concat([rest, chunk.subarray(0, NEEDLE.length - 1)]);
      found += occurrences(seam) + occurrences(chunk);
      rest = chunk.length >= NEEDLE.length - 1 ? chunk.subarray(1 - NEEDLE.length) : seam.subarray(1 - NEEDLE.length);
    });
    response.once('error', reject);
    response.once('end', () => resolve(found));
  });
}

function occurrences(bytes) {
  let found = 0;
  for (let at = bytes.indexOf(NEEDLE); at >= 0; at = bytes.indexOf(NEEDLE, at + NEEDLE.length)) found++;
  return found;
}

async function counted(url, wanted) {
  const found = await count(await request(url));
  if (found !== wanted) throw new Error(`${url}: expected ${wanted} events, found ${found}`);
}

/** The clients that wait at a gate. */
let waiting;

answer({
  /** What one client finds, as `[type, data, id]`. */
  read: async (url) => {
    const events = [];
    const onEvent = ({ event, data, id }) => void events.push([event || 'message', data, id]);
    const body = await text(url);
    createParser({ onEvent }).feed(body);
    return events;
  },
  one: async (url, wanted) => {
    const start = performance.now();
    await counted(url, wanted);
    return performance.now() - start;
  },
  /** Connects many clients, and answers when all have arrived. */
  gather: async (url, origin, gate, clients, wanted) => {
    waiting = Promise.all(Array.from({ length: clients }, () => counted(`${url}&gate=${gate}`, wanted)));
    while (Number(await text(`${origin}/arrived?gate=${gate}`)) < clients) {
      await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 20))]);
    }
  },
  release: async (origin, gate) => {
    const start = performance.now();
    await text(`${origin}/open?gate=${gate}`);
    await waiting;
    return performance.now() - start;
  },
});
