// A process that serves a channel over Redis, and publishes to it when it is told to. Its parent gets `{ url }`, then `{ published }`.
//
//   node process.mjs <port of Redis> <key> <client>

import { redisStore } from 'eventsource-wasm/redis';
import { Channel } from 'eventsource-wasm/server';

import { serve } from './bridge.mjs';
import { CLIENTS } from './clients.mjs';

const [port, key, name] = process.argv.slice(2);
const { client } = await CLIENTS[name](port);
const channel = new Channel({ store: redisStore(client, { key }) });
const server = await serve((request) => channel.subscribe(request));

process.on('message', async ({ source, first, count }) => {
  const events = Array.from({ length: count }, (_, at) => ({ data: `${source} ${first + at}` }));
  await Promise.all(events.map((event) => channel.publish(event)));
  process.send({ published: count });
});
process.on('disconnect', () => process.exit());
process.send({ url: server.url });
