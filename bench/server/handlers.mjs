// Who writes, as handlers of a Request: in workerd and in Node alike. Each sends so many events and ends.

import { createResponse } from 'better-sse';
import { H3, createEventStream } from 'h3';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { eventStream } from 'eventsource-wasm/server';

import { eventAt, eventsUpTo } from './events.mjs';

const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };
const encoder = new TextEncoder();
const frame = ({ id, data }) => `id: ${id}\ndata: ${data}\n\n`;
const countOf = (url) => Number(new URL(url).searchParams.get('count'));

function send(request) {
  const count = countOf(request.url);
  return eventStream(request, async (stream) => {
    for (let n = 0; n < count; n++) await stream.send(eventAt(n));
  });
}

const iterable = (request) => eventStream(request, eventsUpTo(countOf(request.url)));

const hono = new Hono().get('/', (context) =>
  streamSSE(context, async (stream) => {
    const count = countOf(context.req.url);
    for (let n = 0; n < count; n++) await stream.writeSSE(eventAt(n));
  }),
);

const h3 = new H3().get('/', (event) => {
  const stream = createEventStream(event);
  const write = async () => {
    const count = countOf(event.req.url);
    for (let n = 0; n < count; n++) await stream.push(eventAt(n));
    await stream.close();
  };
  void write();
  return stream;
});

/** It has no way to wait for its reader. It takes strings as they are here, without making them JSON, and sends no heartbeat. */
export const BETTER_SSE = { serializer: (text) => text, keepAlive: null };

function betterSse(request) {
  const count = countOf(request.url);
  return createResponse(request, BETTER_SSE, (session) => {
    for (const { id, data } of eventsUpTo(count)) session.push(data, 'message', id);
    // Its way to end a response; it has no other.
    session.connection.cleanup();
  });
}

/** What one writes without a library: a string, its bytes, a chunk an event. */
function byHand(request) {
  const count = countOf(request.url);
  let n = 0;
  const pull = (controller) => {
    if (n < count) controller.enqueue(encoder.encode(frame(eventAt(n++))));
    else controller.close();
  };
  return new Response(new ReadableStream({ pull }), { headers: HEADERS });
}

/** What one writes who has measured: all that there is to send, up to 64 events, in one chunk. */
function byHandTogether(request) {
  const count = countOf(request.url);
  let n = 0;
  const pull = (controller) => {
    if (n >= count) return controller.close();
    let text = '';
    for (const end = Math.min(count, n + 64); n < end; n++) text += frame(eventAt(n));
    controller.enqueue(encoder.encode(text));
  };
  return new Response(new ReadableStream({ pull }), { headers: HEADERS });
}

export const OURS = { 'eventStream, await send': send, 'eventStream, iterable': iterable };
export const HONO = 'hono streamSSE';
export const BY_HAND = 'ReadableStream, an event a chunk';
export const PEERS = {
  [HONO]: (request) => hono.fetch(request),
  'h3 createEventStream': (request) => h3.fetch(request),
  'better-sse': betterSse,
  [BY_HAND]: byHand,
  'ReadableStream, 64 events a chunk': byHandTogether,
};
