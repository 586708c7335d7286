import { createServer } from 'node:http';

import { toNodeListener } from 'eventsource-wasm/node';

import handler from './serve.mjs';

/** The handler of the recipe above, in Node. `server.listen(8080)` starts it. */
export const server = createServer(toNodeListener(handler));
