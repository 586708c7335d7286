// connect and what both faces take. Never run: it compiles, and each `@ts-expect-error` is an error.

import { connect, EventSourceError, EventStream, ServerSentEvent } from 'eventsource-wasm';
import type { ConnectInit, EventSourceErrorCode, RetryContext, RetryFunction } from 'eventsource-wasm';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => undefined;

const stream = await connect('/stream', { method: 'POST', body: 'x' });
holds<Equal<typeof stream, EventStream>>();
holds<Equal<typeof stream.response, Response | undefined>>();
holds<Equal<typeof stream.lastEventId, string>>();
for await (const event of stream) {
  holds<Equal<typeof event, ServerSentEvent>>();
  holds<Equal<typeof event.data, string>>();
  const { tokens } = event.json<{ tokens: string[] }>();
  holds<Equal<typeof tokens, string[]>>();
  const unknown = event.json();
  holds<Equal<typeof unknown, unknown>>();
  const bytes = event.bytes();
  holds<Equal<typeof bytes, Uint8Array>>();
  // @ts-expect-error read-only
  event.data = '';
}
stream.reconnect();
stream.close();
{
  await using scoped = await connect('/stream');
  holds<Equal<typeof scoped, EventStream>>();
  await using iterator = scoped[Symbol.asyncIterator]();
  void iterator;
}
export const iterable: AsyncIterable<ServerSentEvent> = stream;

try {
  await connect('/stream');
} catch (error) {
  if (error instanceof EventSourceError) {
    holds<Equal<typeof error.code, EventSourceErrorCode>>();
    holds<Equal<typeof error.body, string | undefined>>();
    // @ts-expect-error no such code
    if (error.code === 'http_status') throw error;
  }
}

// Every option in every form.
const inits: ConnectInit[] = [
  {},
  { headers: { a: 'b' } },
  { headers: [['a', 'b']] },
  { headers: new Headers() },
  { headers: (attempt) => ({ authorization: `Bearer ${attempt.toFixed()}` }) },
  { headers: async () => new Headers() },
  { headers: () => undefined },
  { body: new URLSearchParams() },
  { body: new FormData() },
  { body: new ReadableStream<Uint8Array>() },
  { body: new Uint8Array(1) },
  { body: async (attempt) => JSON.stringify({ attempt }) },
  { body: null, method: 'GET' },
  { fetch: (request, init) => globalThis.fetch(request, init) },
  { fetch: (request: Request) => new Response(request.body) },
  { fetch: globalThis.fetch },
  { signal: new AbortController().signal },
  { signal: undefined, headers: undefined, body: undefined, retry: undefined },
  { credentials: 'include', mode: 'cors', cache: 'no-store', redirect: 'error', priority: 'high', keepalive: true },
  { referrer: '', referrerPolicy: 'no-referrer', integrity: '', lastEventId: '1', maxEventSize: 1, resume: 'always' },
  { shareAcrossTabs: 'prices' },
  { retry: () => false },
  { retry: async ({ status, delay }) => (status === 401 ? 0 : delay) },
  {
    retry: (context) => {
      holds<Equal<typeof context, RetryContext>>();
      holds<Equal<typeof context.error, EventSourceError>>();
      holds<Equal<typeof context.response, Response | undefined>>();
      holds<Equal<typeof context.delay, number | false>>();
      return context.attempt + context.attemptsInRow + context.elapsed + context.lastEventId.length;
    },
  },
  { connectTimeout: 5_000, idleTimeout: 60_000, pauseWhenHidden: true },
  { retry: { delay: 0, maxDelay: 1, factor: 2, jitter: 0.5, maxAttempts: Infinity, maxElapsed: 5, statuses: [503] } },
];
await connect(new URL('https://example.org/'), inits[0]);

// @ts-expect-error a method is text
await connect('/', { method: 5 });
// @ts-expect-error a header is text
await connect('/', { headers: { a: 5 } });
// @ts-expect-error a header is text
await connect('/', { headers: () => ({ a: 5 }) });
// @ts-expect-error an object is no body
await connect('/', { body: { prompt: 'x' } });
// @ts-expect-error no such way
await connect('/', { resume: 'sometimes' });
// @ts-expect-error no such mode
await connect('/', { credentials: 'all' });
// @ts-expect-error a number is expected
await connect('/', { retry: { delay: '5' } });
// @ts-expect-error a list is expected
await connect('/', { retry: { statuses: 503 } });
// @ts-expect-error unknown option of retry
await connect('/', { retry: { attempts: 5 } });
// @ts-expect-error a number or false is expected
await connect('/', { retry: () => true });
// @ts-expect-error a number or false is expected
const policy: RetryFunction = async () => 'soon';
await connect('/', { retry: policy });
// @ts-expect-error a number is expected
await connect('/', { idleTimeout: '5s' });
// @ts-expect-error unknown option
await connect('/', { header: {} });
// @ts-expect-error a name is expected
await connect('/', { shareAcrossTabs: true });
// @ts-expect-error an AbortController is no signal
await connect('/', { signal: new AbortController() });
// @ts-expect-error a fetch answers with a promise of a response
await connect('/', { fetch: () => 'text' });
// @ts-expect-error made by connect only
new EventStream('/');
