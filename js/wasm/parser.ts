import { installParser } from '../engine.js';
import * as glue from './parser.glue.js';

export function install(module: () => WebAssembly.Module): void {
  installParser(() => ({ ...glue, memory: glue.initSync({ module: module() }).memory }));
}
