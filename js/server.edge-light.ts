/** The entry `eventsource-wasm/server` for runtimes with the export condition `edge-light`, which give a compiled module for `?module`. */
import './wasm/server.edge-light.js';
export * from './server-api.js';
