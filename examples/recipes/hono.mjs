import { Hono } from 'hono';

import handler from './serve.mjs';

/** Hono speaks of `Request` and `Response` itself: nothing is needed in between, in no runtime. */
export const app = new Hono();
app.all('/events', (context) => handler.fetch(context.req.raw));
