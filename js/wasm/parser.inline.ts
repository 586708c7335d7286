import { installParser } from '../engine.js';
import { text } from './parser.bytes.js';
import { compile } from './compile.js';

installParser(() => compile(text));
