/** The entry `eventsource-wasm/durable-object` outside of Workers, for tests and types: the class, which no runtime calls there. */
import './wasm/server.inline.js';
export * from './durable-object-api.js';
