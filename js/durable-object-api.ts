/** What `eventsource-wasm/durable-object` has. */
export { ChannelObject } from './channel-object.js';
export type { ChannelObjectInit } from './channel-object.js';
export type { ChannelStore } from './channel-store.js';
export type { ObjectContext, ObjectStorage, SqlDatabase } from './cloudflare.js';
export type { EventInit } from './event-init.js';
export { sqliteStore } from './sqlite-store.js';
export type { SqliteStoreInit } from './sqlite-store.js';
