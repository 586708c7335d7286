/** The entry `eventsource-wasm` for runtimes with the export condition `edge-light`, which give a compiled module for `?module`. */
import './wasm/client.edge-light.js';
export * from './client-api.js';
export * from './parser-api.js';
