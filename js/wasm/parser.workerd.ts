import { install } from './parser.js';
import module from './parser.wasm';

install(() => module);
