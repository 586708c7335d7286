import { compile } from './compile.js';
import { text } from './server.bytes.js';
import { install } from './server.js';

install(() => compile(text));
