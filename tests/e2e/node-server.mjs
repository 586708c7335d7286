// A plain HTTP server for the tests in Node, which sees what a client really does: requests, header bytes, open exchanges.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';

export const EVENT_STREAM = { 'content-type': 'text/event-stream' };

/**
 * `handle(request, response, number)` is called with the number of the request, from 1 on. The answer has `url`,
 * `requests` (`{ method, url, headers, body, lastEventId }` each), `open` (the responses that are neither through nor
 * broken off), `most` (the largest size that `open` had) and `close()`. Sockets are not counted: Node's fetch keeps idle ones.
 */
export async function startServer(handle) {
  const requests = [];
  const open = new Set();
  const answer = { requests, open, most: 0 };
  const server = createServer(async (request, response) => {
    open.add(response);
    answer.most = Math.max(answer.most, open.size);
    response.on('error', () => undefined).on('close', () => open.delete(response));
    let body = '';
    const seen = { method: request.method, url: request.url, headers: request.headers };
    // Header values are bytes, which Node shows as Latin-1.
    const id = request.headers['last-event-id'];
    seen.lastEventId = id === undefined ? undefined : Buffer.from(id, 'latin1').toString('utf8');
    const number = requests.push(seen);
    try {
      for await (const piece of request.setEncoding('utf8')) body += piece;
    } catch {
      // A client that leaves while it sends is no failure of the server.
      return;
    }
    seen.body = body;
    handle(request, response, number);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  answer.url = `http://127.0.0.1:${server.address().port}/`;
  answer.close = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return answer;
}

/** Runs `check(server)` against a server that is closed after it. */
export async function withServer(handle, check) {
  const server = await startServer(handle);
  try {
    await check(server);
  } finally {
    await server.close();
  }
}

/** Waits until `condition()` is true; the runner's own limit ends a wait that never is. */
export async function until(condition) {
  while (!condition()) await new Promise((done) => setTimeout(done, 2));
}

/** Lets whatever is on its way happen. */
export const settle = (milliseconds = 30) => new Promise((done) => setTimeout(done, milliseconds));

/** Answers each request with the next of these bodies, and 204 behind the last. */
export const bodies =
  (...list) =>
  (request, response, number) => {
    if (number > list.length) response.writeHead(204).end();
    else response.writeHead(200, EVENT_STREAM).end(list[number - 1]);
  };

/** All events of a stream that ends. */
export async function readAll(stream) {
  const found = [];
  for await (const event of stream) found.push(event);
  return found;
}

export const dataOf = (found) => found.map(({ data }) => data);

/** A consumer that takes one event of 25 MB and then pauses holds the server up, and gets the rest when it goes on. */
export async function assertHeldUp(open) {
  let written = 0;
  const flood = async (request, response, number) => {
    if (number > 1) return response.writeHead(204).end();
    response.writeHead(200, EVENT_STREAM);
    for (; written < 400 && !response.destroyed; written++) {
      const frame = `data: ${written}\ndata: ${'x'.repeat(64 * 1024)}\n\n`;
      if (!response.write(frame)) await new Promise((done) => response.once('drain', done));
    }
    response.end();
  };
  await withServer(flood, async (server) => {
    const stream = await open(server.url);
    const iterator = stream[Symbol.asyncIterator]();
    assert.equal((await iterator.next()).value.data.slice(0, 2), '0\n');
    // Until the server has not been able to write for a while.
    for (let before = -1; before !== written;) {
      before = written;
      await settle(100);
    }
    // What buffers of both kernels and of fetch hold, some megabytes, and not all 25.
    assert.ok(written < 300, `${written} of 400 frames were written`);
    const rest = await readAll(iterator);
    assert.equal(rest.length, 399);
    rest.forEach(({ data }, at) => assert.equal(parseInt(data, 10), at + 1));
  });
}
