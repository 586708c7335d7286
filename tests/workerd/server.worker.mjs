// Runs the checks of the writing side in workerd, and streams to readers that leave.

import * as api from 'eventsource-wasm/server';

import { checks } from '../e2e/server-suite.mjs';

const rejections = [];
addEventListener('unhandledrejection', (event) => rejections.push(String(event.reason?.stack ?? event.reason)));
/** Why the streams of `/leave` have ended, in their order. */
const reasons = [];

export default {
  async fetch(request, env, context) {
    const url = new URL(request.url);
    if (url.pathname === '/leave') return leave(request, context);
    if (url.pathname === '/state') return Response.json({ reasons, rejections });
    try {
      const result = await checks[url.searchParams.get('name')](api);
      return Response.json({ skipped: result === 'skipped' });
    } catch (error) {
      return Response.json({ error: error.stack });
    }
  },
};

function leave(request, context) {
  return api.eventStream(
    request,
    async (stream) => {
      await stream.send('hello');
      const { code } = await stream.closed;
      reasons.push(code);
    },
    { heartbeat: 20, waitUntil: (promise) => context.waitUntil(promise) },
  );
}
