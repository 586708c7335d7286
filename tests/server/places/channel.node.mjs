// A channel in Node that tells how each of its readers fares: run with --expose-gc.
//
//   /subscribe?name=…&overflow=…   a stream
//   /publish?count=…               publishes so many events, each with its number, and answers when that is done
//   /memory?collected=…            what waits for each reader, and the memory of the process
//   /readers                       what was counted for each reader
//   /close                         closes the channel

import { createServer } from 'node:http';

import { toNodeListener } from 'eventsource-wasm/node';

import { watchMemory } from '../../client/leaks/cycles.mjs';
import { faults, watchFaults } from '../app/faults.mjs';

const wasm = watchMemory();
const { Channel } = await import('eventsource-wasm/server');
watchFaults();

const [events, size, keys] = process.argv.slice(2).map(Number);
const channel = new Channel({ history: { events, bytes: Infinity }, heartbeat: false });
const readers = new Map();
let published = 0;

async function publish(count) {
  for (let n = 0; n < count; n++) {
    const number = published++;
    await channel.publish({ data: `${number}`.padEnd(size, '.'), key: `${number % keys}` });
  }
}

function subscribe(request, { name, overflow }) {
  const onSubscribe = (stream) => {
    const reader = { stream, from: published, to: undefined, code: undefined };
    // It aborts in the midst of what ends it, while `closed` resolves later.
    stream.signal.addEventListener('abort', () => (reader.to = published));
    void stream.closed.then(({ code }) => (reader.code = code));
    readers.set(name, reader);
  };
  return channel.subscribe(request, { onSubscribe, ...(overflow && { overflow }) });
}

function memory({ collected }) {
  if (collected) globalThis.gc();
  const { arrayBuffers, external, heapUsed, rss } = process.memoryUsage();
  const buffered = [...readers].map(([name, { stream }]) => [name, stream.bufferedBytes]);
  return { buffered, wasm: wasm(), arrayBuffers, external, heapUsed, rss };
}

function counts() {
  const all = [...readers].map(([name, { stream, ...reader }]) => {
    const { sent, dropped } = stream;
    return { name, ...reader, to: reader.to ?? published, sent, dropped };
  });
  return { readers: all, size: channel.size, faults };
}

async function handle(request) {
  const { pathname, searchParams } = new URL(request.url);
  const options = Object.fromEntries(searchParams);
  switch (pathname) {
    case '/subscribe':
      return subscribe(request, options);
    case '/publish':
      await publish(Number(options.count));
      return Response.json({ published });
    case '/memory':
      return Response.json(memory(options));
    case '/readers':
      return Response.json(counts());
    case '/close':
      channel.close();
      return new Response();
    default:
      return new Response(null, { status: 404 });
  }
}

const server = createServer({ keepAliveTimeout: 60_000 }, toNodeListener(handle));
server.listen(0, '127.0.0.1', 1024, () => console.log(server.address().port));
