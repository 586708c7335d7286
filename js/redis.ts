/**
 * The entry `eventsource-wasm/redis`: the history of a channel as a Redis Stream, so that several processes publish to one channel
 * and serve it.
 */
import type { ChannelStore, StoredEntry, StoredPage } from './channel-store.js';
import { another, type Connection, type RedisClient, sender } from './redis-client.js';
import { entriesOf, fieldsOf, type Info, infoOf, isIdBehind, newEntriesOf, trimmed } from './redis-reply.js';

export type { ChannelStore, StoredEntry, StoredEvent, StoredPage } from './channel-store.js';
export type { IoRedis, NodeRedis, RedisClient } from './redis-client.js';

/** What {@link redisStore} takes. */
export interface RedisStoreInit {
  /** The key of the stream, one for each channel. */
  key: string;
  /** About so many events are kept, never fewer: `MAXLEN ~`. Default: all of them, for good. */
  maxLength?: number | undefined;
  /**
   * How often in a row a connection for following may fail before the channel's readers are cut, so that they come back, perhaps to
   * another process. Default 10, which is some 10 seconds.
   */
  maxAttempts?: number | undefined;
  /**
   * After so many milliseconds without an event the server is asked again; after twice as many without an answer the connection
   * counts as lost. Default 5000.
   */
  blockTimeout?: number | undefined;
}

/** So many events at most are asked for at once when the stream is followed. */
const PAGE = 256;
/** Waits between connections that fail, in milliseconds. */
const FIRST_DELAY = 50;
const MAX_DELAY = 2000;

/**
 * Keeps the events of a channel as a stream of Redis 6.2 or newer, where all processes with the same key publish to and serve one
 * channel. The ids of the events are those of Redis, so that a reader may come back to any of the processes.
 *
 * Other programs may append too, `XADD <key> * event price data 10.5`: the fields are `event`, `data`, `key`, `retry` and `comment`,
 * each as in what `publish` takes; others are ignored. An id that is given in place of `*` has numbers below 2^53.
 *
 * A reader is told of a gap where the event that it had last is not kept any more: Redis does not tell whether that was the last one
 * to be trimmed, behind which nothing would be missing. So keep some more than readers are expected to miss.
 *
 * While there are readers a connection of its own, a duplicate of the client, follows the stream. One that is lost is made again and
 * goes on where it was, with nothing lost or repeated.
 *
 * @param client A connected client of `redis` 5 or 6, or of `ioredis` 5 or 6, with its replies as they come by default. It stays
 * the caller's. A client that sends again what was sent before its connection broke off may append an event twice.
 * @throws TypeError or RangeError when an option is not what it should be.
 * @example
 * const client = await createClient({ url: process.env.REDIS_URL }).connect();
 * const channel = new Channel({ store: redisStore(client, { key: 'prices', maxLength: 10_000 }) });
 */
export function redisStore(client: RedisClient, init: RedisStoreInit): ChannelStore {
  const { key, maxLength, maxAttempts = 10, blockTimeout = 5000 } = init;
  if (typeof key !== 'string' || !key) throw new TypeError(`expected key to be the name of a stream, found ${key}`);
  for (const [name, value] of Object.entries({ maxLength, maxAttempts, blockTimeout })) {
    if (value === undefined || (Number.isSafeInteger(value) && value > 0)) continue;
    throw new RangeError(`expected ${name} to be a whole number above 0, found ${String(value)}`);
  }
  const send = sender(client);
  const limit = maxLength === undefined ? [] : ['MAXLEN', '~', `${maxLength}`];
  const infoBy = (connection: Pick<Connection, 'send'>): Promise<Info> =>
    infoOf(connection.send(['XINFO', 'STREAM', key]));

  return {
    append: async (event) => String(await send(['XADD', key, ...limit, '*', ...fieldsOf(event)])),

    async read(after, limit): Promise<StoredPage> {
      const range = (from: string): Promise<StoredEntry[]> =>
        send(['XRANGE', key, from, '+', 'COUNT', `${limit}`]).then(entriesOf);
      if (after === undefined) return { entries: await range('-'), gap: false };
      // In this order: what the page lacks was trimmed before the stream was asked about it.
      const [entries, info] = await Promise.all([range(`(${after}`), infoBy({ send })]);
      if (isIdBehind(after, info.last)) return { entries: await range('-'), gap: true };
      return { entries, gap: trimmed(after, info, maxLength) };
    },

    head: async () => (await infoBy({ send })).last,

    follow: (after, deliver, signal) => {
      const read = ['XREAD', 'COUNT', `${PAGE}`, 'BLOCK', `${blockTimeout}`, 'STREAMS', key] as const;
      /** Follows by one connection, as long as that holds. */
      const run = async (connection: Connection, answered: () => void): Promise<void> => {
        await within(2 * blockTimeout, connection.open());
        while (!signal.aborted) {
          // Redis answers the second one as soon as it has answered the first one.
          const answers = Promise.all([connection.send([...read, after]), infoBy(connection)]);
          const [reply, info] = await within(2 * blockTimeout, answers);
          answered();
          const entries = newEntriesOf(reply);
          if (!entries.length) continue;
          if (trimmed(after, info, maxLength))
            throw new Missed(`expected the stream ${key} from ${after} on, found it trimmed`);
          after = entries.at(-1)!.position;
          await deliver(entries);
        }
      };
      return persist(client, run, maxAttempts, signal);
    },
  };
}

/** What cannot be mended by another connection. */
class Missed extends Error {}

/** Does something by one connection after the other, until the signal aborts or too many have failed in a row. */
async function persist(
  client: RedisClient,
  run: (connection: Connection, answered: () => void) => Promise<void>,
  maxAttempts: number,
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    const connection = another(client);
    const close = (): void => connection.close();
    signal.addEventListener('abort', close);
    try {
      await run(connection, () => (failures = 0));
    } catch (cause) {
      if (signal.aborted) return;
      if (cause instanceof Missed) throw cause;
      if (++failures === maxAttempts)
        throw new Error(`expected a connection to Redis, found ${failures} failing`, { cause });
    } finally {
      signal.removeEventListener('abort', close);
      close();
    }
    if (failures) await pause(Math.min(FIRST_DELAY * 2 ** (failures - 1), MAX_DELAY), signal);
  }
}

/** Rejects where there is no answer in time. */
async function within<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `expected Redis to answer within ${milliseconds} ms, found it silent`;
    timer = setTimeout(() => reject(new Error(message)), milliseconds);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** Waits, but not beyond an abort. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
