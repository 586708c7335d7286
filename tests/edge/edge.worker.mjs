// Runs the checks of the writing side in the Vercel edge runtime, and serves one of its streams.

import * as api from 'eventsource-wasm/server';

import { checks } from '../e2e/server-suite.mjs';

const channel = new api.Channel({ heartbeat: 20 });
const reasons = [];

async function answer(request) {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === '/names') return Response.json(Object.keys(checks));
  if (pathname === '/publish') return Response.json({ id: await channel.publish(await request.text()) });
  if (pathname === '/reasons') return Response.json(reasons);
  if (pathname === '/events') {
    return channel.subscribe(request, {
      onSubscribe: (stream) => void stream.closed.then(({ code }) => reasons.push(code)),
    });
  }
  try {
    const result = await checks[searchParams.get('name')](api);
    return Response.json({ skipped: result === 'skipped' });
  } catch (error) {
    return Response.json({ error: error.stack });
  }
}

addEventListener('fetch', (event) => event.respondWith(answer(event.request)));
