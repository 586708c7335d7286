import { eventStream } from 'eventsource-wasm/server';

export default {
  async fetch(request, env, context) {
    const upstream = await fetch(env.MODEL_URL, {
      method: 'POST',
      headers: { authorization: `Bearer ${env.MODEL_KEY}`, 'content-type': 'application/json' },
      body: await request.text(),
    });
    if (!upstream.ok) return new Response('The model does not answer.', { status: 502 });
    // Its bytes go on as they are, frame by frame, with heartbeats in between; it is cancelled when the reader leaves.
    return eventStream(request, upstream.body, {
      heartbeat: 5000,
      waitUntil: (promise) => context.waitUntil(promise),
    });
  },
};
