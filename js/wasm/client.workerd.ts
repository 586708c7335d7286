import { install } from './client.js';
import module from './client.wasm';

install(() => module);
