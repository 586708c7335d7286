/** Objects are what the runtime takes for Durable Objects, whose methods can be called from elsewhere. */
import { DurableObject } from 'cloudflare:workers';

import { installBase } from './cloudflare.js';

installBase(DurableObject);
