import { installServer } from '../engine.js';
import { text } from './server.bytes.js';
import { compile } from './compile.js';

installServer(() => compile(text));
