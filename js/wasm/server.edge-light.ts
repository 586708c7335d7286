import { installServer } from '../engine.js';
import module from './server.wasm?module';

installServer(() => module);
