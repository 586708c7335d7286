import { compile } from './compile.js';
import { shift, text } from './server.bytes.js';
import { install } from './server.js';

install(() => compile(text, shift));
