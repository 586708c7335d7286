/** The entry `eventsource-wasm` for runtimes with the export condition `workerd`, which give a compiled module. */
import './wasm/client.workerd.js';
export * from './client-api.js';
export * from './parser-api.js';
