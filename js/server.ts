/** The entry `eventsource-wasm/server` with the wasm inside. */
import './wasm/server.inline.js';
export * from './server-api.js';
