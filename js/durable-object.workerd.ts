/** The entry `eventsource-wasm/durable-object`, on the wasm of `eventsource-wasm/server`. */
import './wasm/server.workerd.js';
import './cloudflare.workerd.js';
export * from './durable-object-api.js';
