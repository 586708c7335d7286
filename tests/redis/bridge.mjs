// A handler of `Request` and `Response` behind Node's HTTP server, as plain as it can be.

import { once } from 'node:events';
import { createServer } from 'node:http';

/** Serves with a handler on a free port: `{ url, close() }`. */
export async function serve(handler) {
  const server = createServer((incoming, outgoing) => void answer(handler, incoming, outgoing));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function answer(handler, incoming, outgoing) {
  const response = await handler(new Request(`http://localhost${incoming.url}`, { headers: incoming.headers }));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  const reader = response.body?.getReader();
  if (!reader) return outgoing.end();
  outgoing.on('close', () => void reader.cancel().catch(() => undefined));
  try {
    for (let read; !(read = await reader.read()).done;) {
      if (!outgoing.write(read.value)) await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
    }
    outgoing.end();
  } catch {
    // The body has broken off, and so does the response.
    outgoing.destroy();
  }
}
