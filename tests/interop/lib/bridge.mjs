// From `Request` in, `Response` out to node:http.

/** A listener for `createServer` that answers with what the handler makes of a Request. */
export function toNodeListener(handler) {
  return (incoming, outgoing) => {
    answer(handler, incoming, outgoing).catch((error) => outgoing.destroy(error));
  };
}

async function answer(handler, incoming, outgoing) {
  const { method, headers } = incoming;
  const body = method === 'GET' || method === 'HEAD' ? undefined : incoming;
  const url = new URL(incoming.url, 'http://127.0.0.1/');
  const response = await handler(new Request(url, { method, headers, body, duplex: 'half' }));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (!response.body) {
    outgoing.end();
    return;
  }
  outgoing.flushHeaders();
  const reader = response.body.getReader();
  outgoing.on('error', () => undefined);
  outgoing.on('close', () => reader.cancel().catch(() => undefined));
  for (;;) {
    const { done, value } = await reader.read();
    if (done || outgoing.destroyed) break;
    // Until the kernel has it: a body that breaks off must not take what came before with it.
    await new Promise((taken) => outgoing.write(value, taken));
  }
  outgoing.end();
}
