/** A Durable Object that is one channel. */
import { Channel } from './channel.js';
import type { ChannelInit } from './channel-init.js';
import { objectBase, type ObjectContext } from './cloudflare.js';
import { cors } from './cors.js';
import type { EventInit } from './event-init.js';
import { MEMORY } from './log.js';
import { SqliteStore, type SqliteStoreInit } from './sqlite-store.js';

/** What the constructor of {@link ChannelObject} takes: what a channel does, but that its history is in storage. */
export interface ChannelObjectInit extends Omit<ChannelInit, 'history' | 'store'> {
  /** How much of the past is kept in the object's storage. The newest of it is in memory, too. */
  history?: SqliteStoreInit | undefined;
}

/**
 * A Durable Object that is one channel, to be bound as it is, or extended. Its history is in its SQLite storage: it outlives the
 * object's eviction and new versions of the Worker, and readers that come back get what they have missed. The class has to be listed
 * among the `new_sqlite_classes` of a migration.
 *
 * Nobody gets to it but by a Worker that has its binding, which decides who may read and who may publish: `fetch` answers GET alone,
 * with the events, and publishing is a call. A Worker that hands on every request lets everybody read and nobody publish.
 *
 * The object stays in memory while somebody reads. Hibernation is for WebSockets: a stream keeps its object awake.
 *
 * @example
 * export class Room extends ChannelObject {
 *   constructor(ctx, env) {
 *     super(ctx, env, { history: { age: 24 * 3600_000 }, ids: { secret: env.SECRET } });
 *   }
 * }
 * // In the Worker:
 * const room = env.ROOMS.getByName('lobby');
 * if (request.method === 'GET') return room.fetch(request);
 * await room.publish({ event: 'message', data: await request.text() });
 */
export class ChannelObject<Env = unknown, Context extends ObjectContext = ObjectContext> extends objectBase() {
  /** The mark by which Cloudflare's types know a class whose methods can be called. There is nothing behind it. */
  declare readonly __DURABLE_OBJECT_BRAND: never;
  declare protected readonly ctx: Context;
  declare protected readonly env: Env;
  /**
   * The channel, for subclasses: to subscribe a reader with a filter, for example. It is another one after `drain`. It cannot be got at
   * by calls.
   */
  protected channel: Channel;
  readonly #store: SqliteStore;
  readonly #init: Omit<ChannelObjectInit, 'history'>;

  /** @throws TypeError or RangeError when an option is not what it should be. */
  constructor(ctx: Context, env: Env, { history, ...init }: ChannelObjectInit = {}) {
    super(ctx, env);
    this.#store = new SqliteStore(ctx.storage, history);
    const { events = Infinity, bytes = Infinity, age } = history ?? {};
    const memory = { events: Math.min(events, MEMORY.events), bytes: Math.min(bytes, MEMORY.bytes), age };
    this.#init = { ...init, ...{ history: memory, store: this.#store } };
    this.channel = this.#open();
  }

  /**
   * Answers GET with what the reader has missed and what comes (see `Channel.subscribe`), with the option `cors` also preflights, and
   * anything else with status 405. A subclass may do otherwise.
   */
  fetch(request: Request): Response | Promise<Response> {
    const { cors: rules } = this.#init;
    const preflight = rules !== undefined && cors(request, rules).preflight;
    if (request.method === 'GET' || preflight) return this.channel.subscribe(request);
    return new Response('expected GET\n', { status: 405, headers: { allow: 'GET' } });
  }

  /**
   * Publishes an event, and resolves with its id once it is on disk and on its way. Called from elsewhere, an event has to be one that
   * can be sent by a call: strings, numbers, plain objects, bytes.
   *
   * @throws EventSourceError `'invalid-event'` or `'invalid-retry'` before anything is kept; `'closed'` when the channel is closed. What
   * a call is rejected with has the message alone.
   * @throws TypeError when the event has an id, which is the channel's to give, or data without a JSON form.
   */
  publish(event: EventInit): Promise<string> {
    return this.channel.publish(event);
  }

  /** How many streams read. */
  size(): number {
    return this.channel.size;
  }

  /**
   * Ends the channel for good, also for when the object is evicted. Those who read get what was published, and then their streams end;
   * who comes back later gets what it has missed, and then status 204. The history stays until `ctx.storage.deleteAll()`.
   */
  close(): void {
    this.#store.close();
    this.channel.close();
  }

  /**
   * Sends everybody away with a reconnection time each of its own, such as before a new version is deployed, which would cut them all
   * off at once. Resolves when all have left; those who have not after `timeout` milliseconds, by default 10,000, are cut off. Who
   * comes back after that goes on where it was.
   */
  async drain(timeout?: number): Promise<void> {
    const draining = this.channel;
    await draining.drain(timeout);
    if (this.channel === draining) this.channel = this.#open();
  }

  #open(): Channel {
    const channel = new Channel(this.#init);
    if (this.#store.closed) channel.close();
    return channel;
  }
}
