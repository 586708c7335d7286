import { installClient } from '../engine.js';
import { Batch, Policy, RawParser, Source, initSync } from './client.glue.js';

export function install(module: () => WebAssembly.Module): void {
  installClient(() => {
    const { memory } = initSync({ module: module() });
    return { Batch, Policy, RawParser, Source, memory };
  });
}
