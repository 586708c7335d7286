import { handle } from '../app/handler.mjs';

const waitUntil = () => undefined;
const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => handle(request, { waitUntil }) });
console.log(server.port);
