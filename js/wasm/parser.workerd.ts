import { installParser } from '../engine.js';
import module from './parser.wasm';

installParser(() => module);
