import { createServer } from 'node:http';

import { handle } from '../app/handler.mjs';
import { toListener } from './bridge.mjs';

const server = createServer(toListener(handle));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
