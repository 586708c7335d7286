// The clients of Redis that a store may be given, by their names.

import { Redis as IoRedis5 } from 'ioredis';
import { Redis as IoRedis6 } from 'ioredis-6';
import { createClient as createClient5 } from 'redis';
import { createClient as createClient6 } from 'redis-6';

const nodeRedis = (createClient) => async (port) => {
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  client.on('error', () => undefined);
  await client.connect();
  return { client, send: (...command) => client.sendCommand(command), close: () => client.destroy() };
};

const ioRedis = (Redis) => async (port) => {
  const client = new Redis(port, '127.0.0.1');
  client.on('error', () => undefined);
  return { client, send: (...command) => client.call(...command), close: () => client.disconnect() };
};

/** Each gives `{ client, send(...command), close() }`. */
export const CLIENTS = {
  'redis 5': nodeRedis(createClient5),
  'redis 6': nodeRedis(createClient6),
  'ioredis 5': ioRedis(IoRedis5),
  'ioredis 6': ioRedis(IoRedis6),
};
