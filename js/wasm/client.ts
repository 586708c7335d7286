import { installClient } from '../engine.js';
import { Source, begin, close, feed, initSync, input, measure, open } from './client.glue.js';

export function install(module: () => WebAssembly.Module): void {
  installClient(() => {
    const { memory } = initSync({ module: module() });
    return { Source, begin, close, feed, input, measure, open, memory };
  });
}
