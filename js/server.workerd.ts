/** The entry `eventsource-wasm/server` for runtimes with the export condition `workerd`, which give a compiled module. */
import './wasm/server.workerd.js';
export * from './server-api.js';
