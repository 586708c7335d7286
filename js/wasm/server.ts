import { installServer } from '../engine.js';
import { Framer, Outbox, initSync } from './server.glue.js';

export function install(module: () => WebAssembly.Module): void {
  installServer(() => {
    const { memory } = initSync({ module: module() });
    return { Framer, Outbox, memory };
  });
}
