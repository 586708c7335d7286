import { createServer } from 'node:http';

import { toNodeListener } from 'eventsource-wasm/node';

import { handle } from '../app/handler.mjs';

const server = createServer(toNodeListener(handle));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
