// The server in Node, a process of its own.

import { createServer } from 'node:http';

import { createSession } from 'better-sse';

import { answer } from '../client/child.mjs';
import { tidy } from '../client/turn.mjs';
import { carry } from './carry.mjs';
import { eventsUpTo } from './events.mjs';
import { passed, serve } from './gate.mjs';
import { BETTER_SSE } from './handlers.mjs';

const server = createServer((req, res) => {
  const url = new URL(req.url, `http://${req.headers.host}`);
  const work = url.searchParams.get('by') === 'better-sse' ? betterSse(url, req, res) : adapt(url, req, res);
  work.catch((error) => res.destroy(error));
});

/** One for all handlers of a Request. */
async function adapt(url, req, res) {
  carry(await serve(new Request(url, { method: req.method, headers: req.headers })), res);
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
