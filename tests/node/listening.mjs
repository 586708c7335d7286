// Servers and clients for the tests of eventsource-wasm/node: real sockets, and what comes over them byte by byte.

import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';

import { until } from '../e2e/check.mjs';

export { until };

/** Has a server listen for as long as the test runs. The answer is its port. */
export async function listen(t, server) {
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return server.address().port;
}

/** A server of node:http with this listener. */
export async function serve(t, listener, options = {}) {
  const server = http.createServer(options, listener);
  const port = await listen(t, server);
  return { server, port, url: `http://127.0.0.1:${port}` };
}

/** The lines of a request, with those of a host and an end. */
export const head = (line, ...headers) => [`${line} HTTP/1.1`, 'Host: example.test', ...headers, '', ''].join('\r\n');

/** A client that is nothing but a socket: it sends `bytes` and keeps all it gets in `text`, while it is not paused. */
export async function dial(t, port, bytes = '', options = {}) {
  const socket = net.connect({ port, host: '127.0.0.1', ...options });
  t.after(() => socket.destroy());
  const client = { socket, text: '', ended: false, error: undefined };
  client.closed = new Promise((done) => socket.once('close', done));
  socket.on('error', (error) => (client.error = error));
  socket.on('end', () => (client.ended = true));
  socket.on('data', (piece) => (client.text += piece.toString('latin1')));
  client.has = (text) => until(() => client.text.includes(text));
  await once(socket, 'connect');
  socket.write(bytes);
  return client;
}

/** Collects what handlers and listeners leave behind: rejections, warnings, and what goes to the console's errors. */
export function watchProcess(t) {
  const seen = { rejections: [], warnings: [], console: [] };
  const note = (list) => (value) => list.push(value);
  const [rejected, warned] = [note(seen.rejections), note(seen.warnings)];
  process.on('unhandledRejection', rejected).on('warning', warned);
  t.mock.method(console, 'error', (...args) => seen.console.push(args));
  t.after(() => process.off('unhandledRejection', rejected).off('warning', warned));
  return seen;
}

/** Waits until a number has not changed for a while. */
export async function steady(number) {
  for (let before = -1; before !== number();) {
    before = number();
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** The whole answer to one request, as it comes over the socket. */
export async function answerTo(t, listener, bytes = head('GET /', 'Connection: close')) {
  const { port } = await serve(t, listener);
  const client = await dial(t, port, bytes);
  await client.closed;
  return client.text;
}

/** A handler's answer, and what it said, out of the bytes of that. */
export const say = (value) => new Response(JSON.stringify(value));
export const said = (text) =>
  JSON.parse(
    Buffer.from(text, 'latin1')
      .toString()
      .match(/^["[{].*$/m)[0],
  );
