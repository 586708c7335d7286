import { compile } from './compile.js';
import { text } from './client.bytes.js';
import { install } from './client.js';

install(() => compile(text));
