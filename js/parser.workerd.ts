/** The entry `eventsource-wasm/parser` for runtimes with the export condition `workerd`, which give a compiled module. */
import './wasm/parser.workerd.js';
export * from './parser-api.js';
