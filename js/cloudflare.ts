/** What is used of a Durable Object's context: the types of Cloudflare's own packages fit, and none of them is needed. */

/** The part of `SqlStorage` that is used. */
export interface SqlDatabase {
  exec(query: string, ...bindings: (string | number | null)[]): Iterable<Record<string, unknown>>;
}

/** The part of `DurableObjectStorage` that is used, as `ctx.storage` is. */
export interface ObjectStorage {
  /** There only in a namespace with SQLite (`new_sqlite_classes`). */
  readonly sql: SqlDatabase;
  transactionSync<T>(work: () => T): T;
  /** Resolves when all that was written is on disk, wherever that is. */
  sync(): Promise<void>;
}

/** The part of `DurableObjectState` that is used. */
export interface ObjectContext {
  readonly storage: ObjectStorage;
}

/** What is used of the class that the runtime has its RPC know Durable Objects by. */
export type ObjectBase = new (ctx: ObjectContext, env: unknown) => object;

/** Where there is no `cloudflare:workers`: the class can be made and called there, as in a test in Node. */
let base: ObjectBase = class {
  protected readonly ctx: ObjectContext;
  protected readonly env: unknown;

  constructor(ctx: ObjectContext, env: unknown) {
    this.ctx = ctx;
    this.env = env;
  }
};

export function installBase(installed: ObjectBase): void {
  base = installed;
}

/** What a Durable Object extends here. */
export function objectBase(): ObjectBase {
  return base;
}
