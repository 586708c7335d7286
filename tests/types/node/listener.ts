// The entry for Node beside Node's own types. Never run: it compiles, and each `@ts-expect-error` is an error.

import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createSecureServer, createServer as createHttp2Server } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';

import { toNodeListener } from 'eventsource-wasm/node';
import type { FetchObject, Handler, HandlerContext, NodeListener } from 'eventsource-wasm/node';
import { eventStream } from 'eventsource-wasm/server';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => undefined;

const listener = toNodeListener((request, context) => {
  holds<Equal<typeof request, Request>>();
  holds<Equal<typeof context, HandlerContext>>();
  context.waitUntil(Promise.resolve(5));
  return eventStream(request, [], { waitUntil: context.waitUntil });
});
holds<Equal<typeof listener, NodeListener>>();
export const requestListener: RequestListener = listener;
createServer(listener);
createServer({ keepAlive: true }, listener).on('request', listener);
createHttpsServer(listener);
createHttp2Server(listener);
createSecureServer({ allowHTTP1: true }, listener);

// As Express and Connect, whose objects add to Node's.
type Middleware = (
  request: IncomingMessage & { originalUrl: string; body: unknown },
  response: ServerResponse & { send(body: unknown): unknown; locals: object },
  next: (error?: unknown) => void,
) => unknown;
export const middleware: Middleware = listener;

// A Worker with types of its own, and an app as of Hono.
interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
}
export const worker = {
  fetch: async (request: Request, env: { SOURCE: string }, context: ExecutionContext) => {
    context.waitUntil(Promise.resolve());
    return new Response(env.SOURCE, { status: request.method === 'GET' ? 200 : 405 });
  },
};
toNodeListener(worker, { env: { SOURCE: '' } });
class App {
  fetch(request: Request, env?: object, context?: ExecutionContext): Response | Promise<Response> {
    return new Response(`${request.url}${env}${context}`);
  }
}
export const fetchObject: FetchObject = new App();
export const handler: Handler = () => new Response('');
toNodeListener(handler, {
  origin: ({ headers }) => `https://${String(headers['x-forwarded-host'])}`,
  onError: (error: unknown) => console.error(error),
});
toNodeListener(handler, { origin: 'https://example.com', onError: undefined });
// @ts-expect-error an answer is a Response
toNodeListener(() => 'text');
// @ts-expect-error unknown option
toNodeListener(handler, { orign: '' });
// @ts-expect-error there is no handler in it
toNodeListener({});
