// Both clients' own types fit. Compiled by types.test.mjs.

import { redisStore, type RedisClient, type RedisStoreInit } from 'eventsource-wasm/redis';
import { Channel, type ChannelStore } from 'eventsource-wasm/server';
import { Redis } from 'ioredis';
import { Redis as Redis6 } from 'ioredis-6';
import { createClient } from 'redis';
import { createClient as createClient6 } from 'redis-6';

const init: RedisStoreInit = { key: 'prices', maxLength: 1000, maxAttempts: 3, blockTimeout: 1000 };
const clients: RedisClient[] = [createClient(), createClient({ RESP: 3 }), createClient6(), new Redis(), new Redis6()];
export const stores: ChannelStore[] = clients.map((client) => redisStore(client, init));
export const channel = new Channel({ store: redisStore(await createClient().connect(), { key: 'prices' }) });

// @ts-expect-error A stream has a name.
redisStore(new Redis(), {});
// @ts-expect-error It is no client.
redisStore({ get: () => 'x' }, init);
// @ts-expect-error So many are kept.
redisStore(new Redis(), { key: 'prices', maxLength: '1000' });
