import { redisStore } from 'eventsource-wasm/redis';
import { Channel } from 'eventsource-wasm/server';

/**
 * A channel of prices that all processes with the same Redis publish to and serve. `client` is connected: that of the package `redis`,
 * `await createClient({ url }).connect()`, or of `ioredis`, `new Redis(url)`.
 */
export function prices(client) {
  const channel = new Channel({
    // Readers that come back later than 10,000 events are told so by an event of the type `gap`.
    store: redisStore(client, { key: 'prices', maxLength: 10_000 }),
  });
  return {
    publish: (price) => channel.publish({ event: 'price', data: price }),
    fetch: (request) => channel.subscribe(request),
  };
}
