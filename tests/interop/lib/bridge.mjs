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
  const response = await handler(
    new Request(new URL(incoming.url, 'http://127.0.0.1/'), { method, headers, body, duplex: 'half' }),
  );
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (!response.body) {
    outgoing.end();
    return;
  }
  outgoing.flushHeaders();
  const reader = response.body.getReader();
  let wake = () => undefined;
  outgoing.on('drain', () => wake());
  outgoing.on('close', () => {
    reader.cancel().catch(() => undefined);
    wake();
  });
  for (;;) {
    const { done, value } = await reader.read();
    if (done || outgoing.destroyed) break;
    if (!outgoing.write(value)) await new Promise((resolve) => (wake = resolve));
  }
  outgoing.end();
}
