import { toNodeListener } from 'eventsource-wasm/node';
import { fastify } from 'fastify';

import handler from './serve.mjs';

const listener = toNodeListener(handler);

export const app = fastify();
app.all('/events', (request, reply) => {
  // The response is the handler's from here on.
  reply.hijack();
  // Fastify has read and parsed the body by now.
  listener(Object.assign(request.raw, { body: request.body }), reply.raw);
});
