/** The history of a channel in the SQLite storage of a Durable Object. */
import type { ChannelStore, StoredEntry, StoredEvent, StoredPage } from './channel-store.js';
import type { ObjectStorage } from './cloudflare.js';
import { EventSourceError } from './error.js';
import { encode } from './frames.js';
import { checkHistory, type Limits } from './log.js';
import { parsePosition, positionText } from './position.js';

/** How much of the past is kept in storage: whatever is passed first. */
export interface SqliteStoreInit {
  /** Events. Default 10,000. */
  events?: number | undefined;
  /** Bytes of their frames, without ids. Default 16,777,216. */
  bytes?: number | undefined;
  /** Milliseconds since they were published. Default: no limit. */
  age?: number | undefined;
  /** The name of the table, and with `_state` behind it of another: letters, digits and `_`. Default `channel`. */
  table?: string | undefined;
}

/** What limits are compared with. */
interface Extent {
  number: number;
  at: number;
  bytes: number;
  /** Bytes of all events there have been up to this one. */
  total: number;
}

const EXTENT = 'number, at, bytes, total';

type Row = { [part in 'event' | 'data' | 'key' | 'comment']: string | null } & { retry: number | null } & Extent;

/** An event that is written, and who waits until it is kept. */
interface Pending {
  readonly entry: StoredEntry;
  readonly number: number;
  readonly resolve: (position: string) => void;
  readonly reject: (cause: unknown) => void;
}

interface Follower {
  readonly deliver: (entries: readonly StoredEntry[]) => Promise<void>;
  readonly fail: (cause: unknown) => void;
}

/** A page of the history ends with so many bytes; so many events are handed on at a time. */
const PAGE = 1024 * 1024;
const PAGE_EVENTS = 256;

export class SqliteStore implements ChannelStore {
  readonly #storage: ObjectStorage;
  readonly #table: string;
  readonly #limits: Readonly<Limits>;
  readonly #epoch: number;
  /** The newest event that was written, or that there ever was. */
  #last: { number: number; total: number };
  /** The oldest that is kept. Known here, so that an append need not ask what is to be trimmed. */
  #first: Extent | undefined;
  /** The newest that is on disk. Nobody gets one that is not: after a failure its number would be that of another event. */
  #durable: number;
  /** Appended, and not on disk. */
  #pending: Pending[] = [];
  #flushing = false;
  /** What the newest append resolves with. */
  #newest: Promise<string> | undefined;
  readonly #followers = new Set<Follower>();
  #closed: boolean;

  constructor(storage: ObjectStorage, init: SqliteStoreInit = {}) {
    const { events = 10_000, bytes = 16 * 1024 * 1024, age = Infinity, table = 'channel' } = init;
    this.#limits = checkHistory({ events, bytes, age });
    if (!/^[A-Za-z_]\w*$/.test(table)) {
      throw new RangeError(`expected table to be letters, digits and _, found ${JSON.stringify(table)}`);
    }
    this.#storage = storage;
    this.#table = table;
    storage.transactionSync(() => this.#create());
    const state = this.#one<{ epoch: number; number: number; total: number; closed: number }>(
      `SELECT epoch, number, total, closed FROM ${table}_state`,
    )!;
    this.#epoch = state.epoch;
    this.#closed = state.closed !== 0;
    this.#first = this.#one<Extent>(`SELECT ${EXTENT} FROM ${table} ORDER BY number LIMIT 1`);
    const newest = `SELECT number, total FROM ${table} ORDER BY number DESC LIMIT 1`;
    this.#last = this.#one<{ number: number; total: number }>(newest) ?? { number: state.number, total: state.total };
    this.#durable = this.#last.number;
  }

  /** Whether nothing more may be appended, for good. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Has nothing more appended, also after a restart. */
  close(): void {
    this.#storage.sql.exec(`UPDATE ${this.#table}_state SET closed = 1`);
    this.#closed = true;
  }

  append(event: StoredEvent): Promise<string> {
    if (this.#closed) throw new EventSourceError('closed', 'expected an open channel, found it closed');
    const number = this.#last.number + 1;
    this.#insert(event, number);
    const entry = { position: this.#position(number), event };
    this.#newest = new Promise((resolve, reject) => this.#pending.push({ entry, number, resolve, reject }));
    void this.#flush();
    return this.#newest;
  }

  read(after: string | undefined, most: number): StoredPage {
    this.#trim(Date.now());
    const oldest = this.#first ? this.#first.number - 1 : this.#last.number;
    const asked = after === undefined ? undefined : parsePosition(after);
    const known = asked?.epoch === this.#epoch && asked.number >= oldest && asked.number <= this.#last.number;
    const entries: StoredEntry[] = [];
    let bytes = 0;
    const query = `SELECT * FROM ${this.#table} WHERE number > ? AND number <= ? ORDER BY number LIMIT ?`;
    for (const row of this.#exec(query, known ? asked.number : oldest, this.#durable, most) as Iterable<Row>) {
      entries.push({ position: this.#position(row.number), event: eventOf(row) });
      if ((bytes += row.bytes) >= PAGE) break;
    }
    return { entries, gap: after !== undefined && !known };
  }

  head(): string | Promise<string> {
    return this.#flushing ? this.#newest! : this.#position(this.#durable);
  }

  async follow(after: string, deliver: Follower['deliver'], signal: AbortSignal): Promise<void> {
    for (let from = after; from !== this.#position(this.#durable);) {
      const { entries, gap } = this.read(from, PAGE_EVENTS);
      if (gap) throw new Error('expected to have all events behind the one that is followed, found some trimmed');
      await deliver(entries);
      from = entries.at(-1)!.position;
      if (signal.aborted) return;
    }
    await new Promise<void>((resolve, fail) => {
      const follower = { deliver, fail };
      this.#followers.add(follower);
      const end = (): void => {
        this.#followers.delete(follower);
        resolve();
      };
      if (signal.aborted) end();
      else signal.addEventListener('abort', end, { once: true });
    });
  }

  /** Has what was appended go on once it is on disk, all that came meanwhile at once. */
  async #flush(): Promise<void> {
    if (this.#flushing) return;
    this.#flushing = true;
    while (this.#pending.length) {
      const pending = this.#pending;
      this.#pending = [];
      try {
        await this.#storage.sync();
        this.#durable = pending.at(-1)!.number;
        await this.#deliver(pending.map(({ entry }) => entry));
        for (const { entry, resolve } of pending) resolve(entry.position);
      } catch (cause) {
        for (const { reject } of pending) reject(cause);
      }
    }
    this.#flushing = false;
  }

  async #deliver(entries: readonly StoredEntry[]): Promise<void> {
    // Not to those that come meanwhile, who have read it.
    for (const follower of [...this.#followers]) {
      try {
        await follower.deliver(entries);
      } catch (cause) {
        this.#followers.delete(follower);
        follower.fail(cause);
      }
    }
  }

  #create(): void {
    const { sql } = this.#storage;
    // The number is given here: AUTOINCREMENT would write another row for each event.
    sql.exec(
      `CREATE TABLE IF NOT EXISTS ${this.#table} (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, bytes INTEGER NOT NULL,
        total INTEGER NOT NULL, event TEXT, data TEXT, key TEXT, retry INTEGER, comment TEXT)`,
    );
    // The number and the total are those of the last event that was trimmed while there was no other.
    sql.exec(
      `CREATE TABLE IF NOT EXISTS ${this.#table}_state (id INTEGER PRIMARY KEY CHECK (id = 0), epoch INTEGER NOT NULL,
        number INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0, closed INTEGER NOT NULL DEFAULT 0)`,
    );
    sql.exec(`INSERT OR IGNORE INTO ${this.#table}_state (id, epoch) VALUES (0, ?)`, Date.now());
  }

  /** Writes an event and trims what it is too much for, or does neither. */
  #insert(event: StoredEvent, number: number): void {
    const [first, last] = [this.#first, this.#last];
    const { event: type = null, data = null, key = null, retry = null, comment = null } = event;
    const bytes = encode(event).length;
    const [at, total] = [Date.now(), last.total + bytes];
    try {
      this.#storage.transactionSync(() => {
        const insert = `INSERT INTO ${this.#table} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
        this.#exec(insert, number, at, bytes, total, type, data, key, retry, comment);
        this.#last = { number, total };
        this.#first ??= { number, at, bytes, total };
        this.#trim(at);
      });
    } catch (error) {
      [this.#first, this.#last] = [first, last];
      throw error;
    }
  }

  /** Deletes what is over the limits. Nothing is asked where the oldest event is within them, and else only what is deleted is read. */
  #trim(now: number): void {
    if (!this.#first || this.#fits(this.#first, now)) return;
    const table = this.#table;
    let first: Extent | undefined;
    for (const row of this.#exec(`SELECT ${EXTENT} FROM ${table} ORDER BY number`) as Iterable<Extent>) {
      if (!this.#fits(row, now)) continue;
      first = row;
      break;
    }
    const { number, total } = this.#last;
    this.#exec(`DELETE FROM ${table} WHERE number < ?`, first ? first.number : number + 1);
    if (!first) this.#exec(`UPDATE ${table}_state SET number = ?, total = ?`, number, total);
    this.#first = first;
  }

  /** Whether an event may be the oldest that is kept. */
  #fits({ number, at, bytes, total }: Extent, now: number): boolean {
    const { events, age, bytes: most } = this.#limits;
    return number > this.#last.number - events && this.#last.total - (total - bytes) <= most && at >= now - age;
  }

  #position(number: number): string {
    return positionText({ epoch: this.#epoch, number });
  }

  #exec(query: string, ...bindings: (string | number | null)[]): Iterable<unknown> {
    return this.#storage.sql.exec(query, ...bindings);
  }

  #one<T>(query: string): T | undefined {
    for (const row of this.#exec(query)) return row as T;
    return undefined;
  }
}

/**
 * A store for one {@link Channel} in the SQLite storage of a Durable Object: events outlive the object's eviction, and readers that
 * come back go on where they were. An event is handed on once it is on disk; what is published meanwhile is written at once.
 *
 * An event may have 2 MB, as SQLite's rows have there. `ctx.storage.deleteAll()` takes the tables away, too: end the object after it
 * by `ctx.abort()`.
 *
 * @param storage The object's `ctx.storage`, of a class that is listed among `new_sqlite_classes`.
 * @throws RangeError when an option is not what it should be.
 * @example
 * const channel = new Channel({ store: sqliteStore(this.ctx.storage, { age: 24 * 3600_000 }) });
 */
export function sqliteStore(storage: ObjectStorage, init?: SqliteStoreInit): ChannelStore {
  return new SqliteStore(storage, init);
}

function eventOf({ event, data, key, retry, comment }: Row): StoredEvent {
  return {
    ...(event !== null && { event }),
    ...(data !== null && { data }),
    ...(key !== null && { key }),
    ...(retry !== null && { retry }),
    ...(comment !== null && { comment }),
  };
}
