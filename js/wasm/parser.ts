import { installParser } from '../engine.js';
import { Batch, RawParser, initSync } from './parser.glue.js';

export function install(module: () => WebAssembly.Module): void {
  installParser(() => {
    const { memory } = initSync({ module: module() });
    return { Batch, RawParser, memory };
  });
}
