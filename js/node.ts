/**
 * The entry `eventsource-wasm/node`: a handler of `Request` and `Response` as a listener of Node's servers. It has no WebAssembly, and
 * imports nothing of Node.
 */
import { BadRequest, originOf, toRequest } from './node-request.js';
import { Exchange } from './node-response.js';
import type { NodeRequest, NodeResponse } from './node-types.js';
import { BROKEN_OFF } from './server-stream.js';

export type { NodeRequest, NodeResponse };

/** What a handler gets beside its request, as in a Worker. */
export interface HandlerContext {
  /**
   * For work that goes on behind the response. Node keeps running anyhow: what this does is to pass a rejection on to `onError`.
   */
  waitUntil(promise: Promise<unknown>): void;
}

/** A function that answers requests, as `eventStream` and other platforms have it. */
export type Handler = (request: Request, context: HandlerContext) => Response | Promise<Response>;

/** What a Worker's module, a Hono app and others export: called as `fetch(request, env, context)`. */
export interface FetchObject {
  // Written as a method, and `never`, so that one with an `env` and a context of types of its own fits.
  fetch(request: Request, env: never, context: HandlerContext): Response | Promise<Response>;
}

/** What {@link toNodeListener} takes. */
export interface NodeListenerOptions {
  /**
   * What the URL of a request begins with, such as `'https://example.com'`, or a function that tells it. Needed behind a proxy that
   * ends TLS or changes the `Host`. Default: by the connection and the request's `Host`, which is the client's word.
   */
  origin?: string | ((request: NodeRequest) => string) | undefined;
  /** The second argument of a `fetch` method. Default `process.env`. */
  env?: unknown;
  /**
   * Called with what a handler threw, what the body of its response failed with, and what a promise of `waitUntil` rejected with; none
   * of it reaches the client. Default: `next` for what a handler threw, where there is one (Express, Connect), otherwise
   * `console.error`.
   */
  onError?: ((error: unknown) => void) | undefined;
}

/** What `http.createServer`, `app.use` of Connect, and `app.get` of Express take. */
export type NodeListener = (request: NodeRequest, response: NodeResponse, next?: (error?: unknown) => void) => void;

/**
 * Makes a listener for `node:http`, `node:https`, the compatibility API of `node:http2`, Express and Connect of a handler that answers
 * a `Request` with a `Response`.
 *
 * A body is read no faster than the client takes it. When the client leaves, the body is cancelled and `request.signal` aborts. A
 * handler that fails, or a body before its first chunk, is answered for with the status 500; a body that fails later breaks the
 * connection off, so that the client does not take what it has for the whole. A request that no `Request` can be (a method like TRACE, a `Host` that is none) gets 400.
 *
 * The request's body is read when the handler reads it. One that a body parser has read is there again where `request.body` (or
 * `rawBody`) is bytes or text, or a value made of JSON, which is written as JSON once more; any other fails when it is read.
 *
 * @throws TypeError when the handler or an option is not what it should be.
 * @example
 * createServer(toNodeListener((request) => eventStream(request, produce))).listen(8080);
 */
export function toNodeListener(handler: Handler | FetchObject, options: NodeListenerOptions = {}): NodeListener {
  const call = callOf(handler, options);
  const { origin, onError } = options;
  if (onError !== undefined && typeof onError !== 'function') {
    throw new TypeError(`expected option onError to be a function, found ${typeof onError}`);
  }
  const fixed = typeof origin === 'function' || origin === undefined ? undefined : originOf(origin);
  const report = (error: unknown): void => tell(error, onError);
  const context = (): HandlerContext => ({
    waitUntil: (promise) => void Promise.resolve(promise).catch(report),
  });

  const answer = async (
    incoming: NodeRequest,
    outgoing: NodeResponse,
    next: ((error: unknown) => void) | undefined,
  ): Promise<void> => {
    const exchange = new Exchange(incoming, outgoing, report);
    const { signal, over } = exchange;
    try {
      const chosen = typeof origin === 'function' ? originOf(origin(incoming)) : fixed;
      exchange.request = toRequest(incoming, chosen, signal, over);
      await exchange.send(await call(exchange.request, context()), incoming.method);
    } catch (error) {
      if (error instanceof BadRequest) return exchange.fail(400);
      // Who has only learnt that the client left has not failed.
      if (signal.aborted && isOf(error, signal.reason)) return;
      // The handler has been told.
      if (error instanceof Error && error.name === BROKEN_OFF) return exchange.fail(500);
      if (next && !onError && !outgoing.headersSent) return next(isObject(error) ? error : wrapped(error));
      report(error);
      exchange.fail(500);
    }
  };
  return (incoming, outgoing, next) => void answer(incoming, outgoing, typeof next === 'function' ? next : undefined);
}

function callOf(handler: Handler | FetchObject, { env }: NodeListenerOptions): Handler {
  if (typeof handler === 'function') return handler;
  if (typeof handler?.fetch !== 'function') {
    throw new TypeError(`expected a handler to be a function or to have a method fetch, found ${typeof handler}`);
  }
  const { process } = globalThis as { process?: { env: unknown } };
  return (request, context) => handler.fetch(request, (env ?? process?.env) as never, context);
}

function tell(error: unknown, onError: ((error: unknown) => void) | undefined): void {
  try {
    if (onError) onError(error);
    else console.error('eventsource-wasm: a handler failed:', error);
  } catch (failure) {
    console.error('eventsource-wasm: onError failed:', failure);
  }
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** Express goes on to the next handler for `undefined` and for some words. */
const wrapped = (cause: unknown): Error =>
  new Error(`expected a handler to throw an error, found ${String(cause)}`, { cause });

function isOf(error: unknown, reason: unknown): boolean {
  return error === reason || (error instanceof Error && error.cause === reason);
}
