// A handler of `Request` and `Response` behind Node's HTTP server.

import { once } from 'node:events';
import { createServer } from 'node:http';

import { toNodeListener } from 'eventsource-wasm/node';

/** Serves with a handler on a free port: `{ url, close() }`. */
export async function serve(handler) {
  // The body of a stream that a channel breaks off is meant to.
  const server = createServer(toNodeListener(handler, { onError: () => undefined })).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
