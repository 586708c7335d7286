// Channels that all requests of one isolate share, each named by its path.

import { Channel } from 'eventsource-wasm/server';

const rejections = [];
addEventListener('unhandledrejection', (event) => rejections.push(String(event.reason?.stack ?? event.reason)));

const channels = new Map();
/** Why streams have ended, and how often a signal of one aborted, by channel. */
const ends = new Map();

export default {
  async fetch(request, env, context) {
    const url = new URL(request.url);
    const [, name, what] = url.pathname.split('/');
    const options = JSON.parse(url.searchParams.get('options') ?? '{}');
    if (!channels.has(name)) {
      channels.set(name, new Channel({ heartbeat: 50, ...options }));
      ends.set(name, { codes: [], aborts: 0 });
    }
    const channel = channels.get(name);
    try {
      return await act[what](channel, { name, url, request, context });
    } catch (error) {
      return Response.json({ error: String(error.stack ?? error) }, { status: 500 });
    }
  },
};

const act = {
  read(channel, { name, url, request, context }) {
    const seen = ends.get(name);
    return channel.subscribe(request, {
      ...(url.searchParams.has('wait') && { waitUntil: (promise) => context.waitUntil(promise) }),
      onSubscribe(stream) {
        stream.signal.addEventListener('abort', () => void seen.aborts++);
        void stream.closed.then(({ code }) => seen.codes.push(code));
      },
    });
  },
  async publish(channel, { request }) {
    const ids = [];
    for (const event of await request.json()) ids.push(await channel.publish(event));
    return Response.json(ids);
  },
  /** Publishes and does not wait for it: its request may be over before. */
  async forget(channel, { request }) {
    for (const event of await request.json()) void channel.publish(event);
    return Response.json('ok');
  },
  close(channel) {
    channel.close();
    return Response.json(channel.size);
  },
  async drain(channel, { url }) {
    await channel.drain(Number(url.searchParams.get('timeout') ?? 10_000));
    return Response.json(channel.size);
  },
  state: (channel, { name }) => Response.json({ size: channel.size, rejections, ...ends.get(name) }),
};
