import { installParser } from '../engine.js';
import module from './parser.wasm?module';

installParser(() => module);
