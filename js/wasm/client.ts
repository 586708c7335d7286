import { installClient } from '../engine.js';
import { Source, begin, feed, initSync, measure, reserve } from './client.glue.js';

export function install(module: () => WebAssembly.Module): void {
  installClient(() => {
    const { memory } = initSync({ module: module() });
    return { Source, begin, feed, measure, reserve, memory };
  });
}
