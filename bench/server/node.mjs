// The server in Node, a process of its own.

import { createServer } from 'node:http';

import { createSession } from 'better-sse';

import { answer } from '../client/child.mjs';
import { tidy } from '../client/turn.mjs';
import { eventsUpTo } from './events.mjs';
import { passed, serve } from './gate.mjs';
import { BETTER_SSE } from './handlers.mjs';

const server = createServer((req, res) => {
  const url = new URL(req.url, `http://${req.headers.host}`);
  const work = url.searchParams.get('by') === 'better-sse' ? betterSse(url, req, res) : adapt(url, req, res);
  work.catch((error) => res.destroy(error));
});

/** One for all handlers of a Request: it reads the body, and waits while the socket is full. */
async function adapt(url, req, res) {
  const response = await serve(new Request(url, { method: req.method, headers: req.headers }));
  res.writeHead(response.status, Object.fromEntries(response.headers));
  if (!response.body) {
    res.end();
    return;
  }
  res.flushHeaders();
  const reader = response.body.getReader();
  let [left, wake] = [false, () => undefined];
  res.on('drain', () => wake());
  res.on('close', () => {
    left = true;
    reader.cancel().catch(() => undefined);
    wake();
  });
  for (;;) {
    const { done, value } = await reader.read();
    if (done || left) break;
    if (!res.write(value)) await new Promise((resolve) => (wake = resolve));
  }
  res.end();
}

/** With the connection to `node:http` that it has of its own. */
async function betterSse({ searchParams }, req, res) {
  await passed(searchParams.get('gate'));
  const session = await createSession(req, res, BETTER_SSE);
  for (const { id, data } of eventsUpTo(Number(searchParams.get('count')))) session.push(data, 'message', id);
  res.end();
}

answer({
  listen: () => new Promise((resolve) => server.listen(0, '127.0.0.1', 4096, () => resolve(server.address().port))),
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  tidy,
});
