// Durable Objects with channels, which are called by POST of a method's name and arguments, and read by GET.

import { ChannelObject, sqliteStore } from 'eventsource-wasm/durable-object';
import { encode } from 'eventsource-wasm/server';

export { ChannelObject };

/** How many wasm modules were made. */
let instances = 0;
WebAssembly.Instance = class extends WebAssembly.Instance {
  constructor(...args) {
    super(...args);
    instances++;
  }
};

/** All that the tests do to a channel that lives in an object. */
export class Room extends ChannelObject {
  constructor(ctx, env) {
    super(ctx, env, { heartbeat: 100, history: { events: 200_000, bytes: 2 ** 30 }, ids: { secret: env.SECRET } });
  }

  /** Publishes numbers from the one behind the last that is kept on, up to `to`, some at a time without waiting for each. */
  async count(to) {
    for (;;) {
      const [last] = this.ctx.storage.sql.exec('SELECT data FROM channel ORDER BY number DESC LIMIT 1');
      const from = Number(last?.data ?? 0);
      if (from >= to) return;
      const events = Array.from({ length: Math.min(to - from, 20) }, (_, n) => this.publish({ data: from + 1 + n }));
      await Promise.all(events);
    }
  }

  /** The runtime ends the object, as when it runs on another machine; what it had in memory is gone. */
  abort() {
    this.ctx.abort('the test ends it');
  }
}

/** Nothing is sent but events, and to pages of all origins. */
export class Silent extends ChannelObject {
  constructor(ctx, env) {
    super(ctx, env, { heartbeat: false, cors: true });
  }

  /** Publishes and closes in one turn. */
  async finish(...data) {
    const ids = data.map((each) => this.publish({ data: each }));
    this.close();
    await Promise.all(ids);
  }

  /** By both entries. */
  instances() {
    encode('x');
    return instances;
  }
}

/** Few events. */
export class Small extends ChannelObject {
  constructor(ctx, env) {
    super(ctx, env, { heartbeat: 100, history: { events: 5 } });
  }

  fetch(request) {
    const only = new URL(request.url).searchParams.get('only');
    return this.channel.subscribe(request, only ? { filter: ({ type }) => type === only } : {});
  }
}

/** A store by itself. */
export class Store extends ChannelObject {
  #store;
  #followed = [];

  make(options) {
    this.#store = sqliteStore(this.ctx.storage, { table: 'own', ...options });
  }

  append(...events) {
    return Promise.all(events.map((event) => this.#store.append(event)));
  }

  async read(after, limit = 100) {
    const { entries, gap } = await this.#store.read(after ?? undefined, limit);
    return { entries, gap };
  }

  head() {
    return this.#store.head();
  }

  /** Appends and asks at once. */
  async headOfAppended(...events) {
    void events.map((event) => this.#store.append(event));
    return [await this.#store.head(), (await this.read()).entries.length];
  }

  async readBeforeDisk(event) {
    const appended = this.#store.append(event);
    const before = await this.read();
    return [before.entries.length, await appended, (await this.read()).entries.length];
  }

  follow(after) {
    const deliver = async (entries) => void this.#followed.push(...entries.map(({ position }) => position));
    void this.#store.follow(after, deliver, new AbortController().signal);
  }

  followed() {
    return this.#followed;
  }

  /** An append of which the trimming fails. */
  async failToTrim(event) {
    const { sql } = this.ctx.storage;
    sql.exec(`CREATE TRIGGER refuse BEFORE DELETE ON own BEGIN SELECT RAISE(ABORT, 'refused'); END`);
    try {
      await this.#store.append(event);
      return 'kept';
    } catch (error) {
      return error.message;
    } finally {
      sql.exec('DROP TRIGGER refuse');
    }
  }

  /** How many rows a number of appends reads and writes. */
  async cost(count, event) {
    const { sql } = this.ctx.storage;
    const cursors = [];
    const exec = (...args) => cursors[cursors.push(sql.exec(...args)) - 1];
    const { storage } = this.ctx;
    const counted = {
      sql: { exec },
      transactionSync: (work) => storage.transactionSync(work),
      sync: () => storage.sync(),
    };
    const store = sqliteStore(counted, { table: 'cost', events: 100 });
    for (let n = 0; n < 100; n++) await store.append(event);
    cursors.length = 0;
    for (let n = 0; n < count; n++) await store.append(event);
    const sum = (part) => cursors.reduce((total, cursor) => total + cursor[part], 0);
    return { read: sum('rowsRead'), written: sum('rowsWritten') };
  }

  rows(table) {
    return [...this.ctx.storage.sql.exec(`SELECT * FROM ${table}`)];
  }

  advance(milliseconds) {
    this.ctx.storage.sql.exec('UPDATE own SET at = at - ?', milliseconds);
  }
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const [, binding, name] = pathname.split('/');
    const object = env[binding].getByName(name);
    if (request.method !== 'POST') return object.fetch(request);
    const { method, args } = await request.json();
    try {
      return Response.json({ answer: (await object[method](...args)) ?? null });
    } catch (error) {
      return Response.json({ error: error.message });
    }
  },
};
