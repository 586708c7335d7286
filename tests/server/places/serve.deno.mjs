import { handle } from '../app/handler.mjs';

const waitUntil = () => undefined;
Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: ({ port }) => console.log(port) }, (request) =>
  handle(request, { waitUntil }),
);
