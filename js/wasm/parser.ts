import { installParser } from '../engine.js';
import { begin, close, feed, initSync, input, measure, open } from './parser.glue.js';

export function install(module: () => WebAssembly.Module): void {
  installParser(() => {
    const { memory } = initSync({ module: module() });
    return { begin, close, feed, input, measure, open, memory };
  });
}
