// Channels in workerd, by the name in the query: `/events` is a stream, `/publish` publishes so many numbers. Everything else is the
// package, for a page.

import { Channel } from 'eventsource-wasm/server';

const channels = new Map();

function channelOf(name) {
  if (!channels.has(name)) channels.set(name, { channel: new Channel({ history: { events: 1e6 } }), published: 0 });
  return channels.get(name);
}

export default {
  async fetch(request, env, context) {
    const { pathname, searchParams } = new URL(request.url);
    const found = channelOf(searchParams.get('channel'));
    switch (pathname) {
      case '/':
        return new Response('<!doctype html><title>cuts</title>', { headers: { 'content-type': 'text/html' } });
      case '/events':
        // The proxy closes its side when it cuts, which workerd sees at its next write.
        return found.channel.subscribe(request, { heartbeat: 500, waitUntil: (promise) => context.waitUntil(promise) });
      case '/publish':
        for (let left = Number(searchParams.get('count')); left > 0; left--)
          await found.channel.publish(`${found.published++}`);
        return Response.json({ published: found.published, readers: found.channel.size });
      default:
        return env.ASSETS.fetch(request);
    }
  },
};
