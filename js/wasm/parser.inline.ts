import { compile } from './compile.js';
import { text } from './parser.bytes.js';
import { install } from './parser.js';

install(() => compile(text));
