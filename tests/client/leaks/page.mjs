// The cycles in a page; what collects and measures is the DevTools protocol.

import { cycles, watchMemory } from './cycles.mjs';

const wasm = watchMemory();
const api = await import('/dist/index.js');

globalThis.wasmMemory = wasm;
globalThis.runCycles = (count, urls) => cycles(api, count, urls);
