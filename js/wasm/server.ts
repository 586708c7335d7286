import { installServer } from '../engine.js';
import * as glue from './server.glue.js';

export function install(module: () => WebAssembly.Module): void {
  installServer(() => ({ ...glue, memory: glue.initSync({ module: module() }).memory }));
}
