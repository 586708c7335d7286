import { installParser } from '../engine.js';
import { begin, feed, initSync, measure, reserve } from './parser.glue.js';

export function install(module: () => WebAssembly.Module): void {
  installParser(() => {
    const { memory } = initSync({ module: module() });
    return { begin, feed, measure, reserve, memory };
  });
}
