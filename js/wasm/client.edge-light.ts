import { installClient } from '../engine.js';
import module from './client.wasm?module';

installClient(() => module);
