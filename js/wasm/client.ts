import { installClient } from '../engine.js';
import * as glue from './client.glue.js';

export function install(module: () => WebAssembly.Module): void {
  installClient(() => ({ ...glue, memory: glue.initSync({ module: module() }).memory }));
}
