// One source and many clients, in Node: `/?by=<contestant>&gate=<name>&count=<events>&burst=<events>` joins, `/open` publishes so many
// events, so many of them a turn of the event loop, and then ends all streams.

import { createServer } from 'node:http';

import { createChannel, createSession } from 'better-sse';
import { Channel } from 'eventsource-wasm/server';

import { answer } from '../client/child.mjs';
import { tidy } from '../client/turn.mjs';
import { carry } from './carry.mjs';
import { eventAt } from './events.mjs';
import { BETTER_SSE } from './handlers.mjs';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Each makes a source, with `join`, `publish` and `end`. */
export const SOURCES = {
  'eventsource-wasm Channel': () => {
    // As much may wait as the peers let wait, who have no bound.
    const channel = new Channel({ maxBuffer: 64 * 1024 * 1024 });
    return {
      join: (req, res, url) => carry(channel.subscribe(new Request(url)), res),
      publish: ({ data }) => channel.publish(data),
      end: () => channel.close(),
    };
  },
  'better-sse channel': () => {
    const channel = createChannel();
    const open = [];
    return {
      join: async (req, res) => {
        open.push(res);
        channel.register(await createSession(req, res, BETTER_SSE));
      },
      publish: ({ data, id }) => void channel.broadcast(data, 'message', { eventId: id }),
      end: () => open.forEach((res) => res.end()),
    };
  },
  'res.write in a loop': () => {
    const open = [];
    return {
      join: (req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
        res.flushHeaders();
        open.push(res);
      },
      publish({ data, id }) {
        const frame = Buffer.from(`id: ${id}\ndata: ${data}\n\n`);
        for (const res of open) res.write(frame);
      },
      end: () => open.forEach((res) => res.end()),
    };
  },
};

const sources = new Map();
const memory = () => {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
};
/** The most that was used while the last one published, in bytes. */
let most = 0;

async function publish({ source, count, burst }) {
  const { publish, end } = source;
  most = memory();
  for (let n = 0; n < count; n++) {
    await publish(eventAt(n));
    if (n % burst !== burst - 1) continue;
    await turn();
    most = Math.max(most, memory());
  }
  end();
}

const server = createServer(async (req, res) => {
  const url = new URL(req.url, `http://${req.headers.host}`);
  const { by, gate, count, burst } = Object.fromEntries(url.searchParams);
  const found = sources.get(gate);
  if (url.pathname === '/arrived') return res.end(`${found?.arrived ?? 0}`);
  if (url.pathname === '/open') {
    sources.delete(gate);
    void publish(found);
    return res.end();
  }
  if (!found) sources.set(gate, { source: SOURCES[by](), arrived: 0, count: Number(count), burst: Number(burst) });
  const joined = sources.get(gate);
  await joined.source.join(req, res, url);
  joined.arrived++;
});

answer({
  listen: () => new Promise((resolve) => server.listen(0, '127.0.0.1', 4096, () => resolve(server.address().port))),
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  memory,
  most: () => most,
  tidy,
});
