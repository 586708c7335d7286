/** The entry `eventsource-wasm/parser` for runtimes with the export condition `edge-light`, which give a compiled module for `?module`. */
import './wasm/parser.edge-light.js';
export * from './parser-api.js';
