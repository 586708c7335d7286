// A TCP proxy that cuts the streams which pass it, after any number of bytes of the body. Not in the head: over plain HTTP, Chromium
// takes one that was cut off by FIN for a whole one, of which headers are missing.

import { connect, createServer } from 'node:net';

const HEAD_END = '\r\n\r\n';

/**
 * @param port what is behind it
 * @param plan is asked for each request by its first line, and answers `{ after, by }`, or nothing where it is to be left alone
 * @returns {Promise<{ port: number, close(): Promise<void> }>}
 */
export async function startCuttingProxy(port, plan) {
  const sockets = new Set();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
      socket.on('error', () => undefined);
    }
    let [cut, head] = [undefined, ''];
    client.on('data', (bytes) => {
      // A kept connection brings requests one after the other; each one's head comes in one piece here.
      const line = /^(?:GET|POST) [^\r]+/.exec(bytes.toString('latin1'))?.[0];
      if (line) cut = plan(line);
      head = '';
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (!cut) return void client.write(bytes);
      const before = head.length;
      if (!head.includes(HEAD_END)) head += bytes.toString('latin1');
      const end = head.indexOf(HEAD_END);
      const body = end < 0 ? bytes.length : Math.max(0, end + HEAD_END.length - before);
      const taken = bytes.subarray(0, body + cut.after);
      cut.after -= Math.max(0, taken.length - body);
      if (cut.after) return void client.write(taken);
      upstream.pause();
      const by = cut.by === 'reset' ? 'resetAndDestroy' : 'destroy';
      client.write(taken, () => client[by]());
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: server.address().port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
