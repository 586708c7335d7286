import { install } from './server.js';
import module from './server.wasm';

install(() => module);
