/** The entry `eventsource-wasm/parser` with the wasm inside. */
import './wasm/parser.inline.js';
export * from './parser-api.js';
