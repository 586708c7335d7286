/** The entry `eventsource-wasm` with the wasm inside. */
import './wasm/client.inline.js';
export * from './client-api.js';
export * from './parser-api.js';
