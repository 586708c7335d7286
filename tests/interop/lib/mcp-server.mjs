// A server of the Model Context Protocol's streamable HTTP, on `eventStream`: https://modelcontextprotocol.io/specification.

import { randomUUID } from 'node:crypto';

import { eventStream, lastEventId } from 'eventsource-wasm/server';

import { cutBehind } from './cut.mjs';

const METHODS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {}, logging: {} },
    serverInfo: { name: 'interop', version: '1' },
  }),
  'tools/list': () => ({ tools: [{ name: 'count', description: 'counts', inputSchema: { type: 'object' } }] }),
};

/** What the tool tells on its way, and what it ends with. */
export const PROGRESS = ['one', 'two\n漢字', 'three', 'four 🚀'];
export const RESULT = { content: [{ type: 'text', text: 'counted\r\n\r\ndata: to four' }] };
/** What the server tells by itself. */
export const LOGS = ['first\n\n', 'second', 'third', 'fourth', 'fifth'];
/** How each connection of a call, and of the stream of logs, ends; the last stays open. */
const CALL_CUTS = ['break', 'half', 'end'];
const LOG_CUTS = ['break', 'end', 'open'];
/** How many events a connection brings. */
const A_CONNECTION = 2;

const rpc = (message) => ({ jsonrpc: '2.0', ...message });

/** `log` has each request: `{ method, rpc, lastEventId, session }`; `ended` the reasons for which streams that stayed open ended. */
export function mcpServer() {
  const log = [];
  const ended = [];
  const session = randomUUID();
  /** By name; an id is the name of its stream and the place in it. */
  const streams = new Map();
  const named = (name, messages) =>
    messages.map((message, n) => ({ id: `${name}:${n}`, data: message && rpc(message) }));
  const logs = LOGS.map((data) => ({ method: 'notifications/message', params: { level: 'info', data } }));
  streams.set('logs', { cuts: LOG_CUTS, events: named('logs', logs) });

  function handler(request) {
    const seen = {
      method: request.method,
      lastEventId: lastEventId(request),
      session: request.headers.get('mcp-session-id'),
    };
    log.push(seen);
    if (request.method === 'DELETE') return new Response(null, { status: 200 });
    if (request.method === 'GET') return resume(request, seen.lastEventId || 'logs:-1');
    return post(request, seen);
  }

  async function post(request, seen) {
    const { id, method, params } = await request.json();
    seen.rpc = method;
    if (id === undefined) return new Response(null, { status: 202 });
    const headers = { 'mcp-session-id': session };
    if (method === 'tools/call') return call(request, id, params);
    return eventStream(request, [{ data: rpc({ id, result: METHODS[method](params) }) }], { headers });
  }

  function call(request, id, { _meta: { progressToken } }) {
    const name = `call ${id}`;
    const progress = PROGRESS.map((message, n) => ({
      method: 'notifications/progress',
      params: { progressToken, progress: n + 1, total: PROGRESS.length, message },
    }));
    const events = named(name, [undefined, ...progress, { id, result: RESULT }]);
    // One without data, so that the client can resume from the start.
    events[0].data = '';
    streams.set(name, { cuts: CALL_CUTS, events });
    return resume(request, `${name}:-1`);
  }

  function resume(request, last) {
    const [, name, place] = last.match(/^(.*):(-?\d+)$/);
    const { cuts, events } = streams.get(name);
    const from = Number(place) + 1;
    const cut = cuts[Math.floor(from / A_CONNECTION)];
    const part = events.slice(from, from + A_CONNECTION);
    log.at(-1).cut = cut;
    if (cut !== 'open') return cutBehind(request, part, events[from + A_CONNECTION], cut);
    return eventStream(request, (stream) => {
      for (const event of part) void stream.send(event);
      void stream.closed.then(({ code }) => ended.push(code));
    });
  }

  return { handler, log, ended, session };
}
