import { installClient } from '../engine.js';
import { text } from './client.bytes.js';
import { compile } from './compile.js';

installClient(() => compile(text));
