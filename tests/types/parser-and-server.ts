// The parser's and the server's entry. Never run: it compiles, and each `@ts-expect-error` is an error.

import { createParser, events, EventSourceParserStream } from 'eventsource-wasm/parser';
import type { EventSourceError, EventSourceParser, ServerSentEvent } from 'eventsource-wasm/parser';
import { encode, EventEncoderStream, eventStream } from 'eventsource-wasm/server';
import type { CloseReason, EventInit, Producer, ServerStream } from 'eventsource-wasm/server';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => undefined;

const parser = createParser({
  onEvent: (event) => holds<Equal<typeof event, ServerSentEvent>>(),
  onComment: (text) => holds<Equal<typeof text, string>>(),
  onField: (name, value) => holds<Equal<[typeof name, typeof value], [string, string]>>(),
  onRetry: (milliseconds) => holds<Equal<typeof milliseconds, number>>(),
  onError: (error) => holds<Equal<typeof error, EventSourceError>>(),
  maxEventSize: 1,
  lastEventId: '',
});
holds<Equal<typeof parser, EventSourceParser>>();
parser.feed('text');
parser.feed(new Uint8Array());
parser.end();
parser.end({ flush: true });
// @ts-expect-error not a view
parser.feed(new ArrayBuffer(1));
// @ts-expect-error onEvent is missing
createParser({});
// @ts-expect-error an event is no text
createParser({ onEvent: (event: string) => event });

for await (const event of events(new Response(''), { sentinel: '[DONE]' })) {
  holds<Equal<typeof event, ServerSentEvent>>();
}
events(new ReadableStream<Uint8Array>(), { signal: new AbortController().signal, flush: true, maxEventSize: 5 });
events(
  (async function* () {
    yield new Uint8Array();
  })(),
);
// @ts-expect-error text is no source
events('data: 1\n\n');
// @ts-expect-error chunks are bytes
events(new ReadableStream<string>());
// @ts-expect-error unknown option
events(new Response(''), { sentinal: '[DONE]' });

const piped = new Response('').body!.pipeThrough(new EventSourceParserStream({ flush: true }));
holds<Equal<typeof piped, ReadableStream<ServerSentEvent>>>();
export const written = new ReadableStream<EventInit>().pipeThrough(new EventEncoderStream());
holds<Equal<typeof written, ReadableStream<Uint8Array>>>();

const request = new Request('https://example.org/');
const response = eventStream(
  request,
  async (stream) => {
    holds<Equal<typeof stream, ServerStream>>();
    const room = stream.send({ event: 'a', id: 5, data: { any: ['value'] }, retry: 1, comment: 'c' });
    holds<Equal<typeof room, Promise<void>>>();
    holds<Equal<typeof stream.closed, Promise<CloseReason>>>();
    const { code } = await stream.closed;
    type Ended = 'closed' | 'completed' | 'failed' | 'cancelled' | 'aborted';
    holds<Equal<typeof code, Ended | 'deadline' | 'slow-consumer' | 'drained'>>();
    // @ts-expect-error read-only
    stream.lastEventId = '';
    // @ts-expect-error a number is expected
    await stream.send({ retry: '5' });
    // @ts-expect-error unknown part
    await stream.send({ data: '', evnt: 'a' });
  },
  { heartbeat: false, maxBuffer: 1, retry: 5, status: 200, headers: { a: 'b' }, onError: console.error },
);
holds<Equal<typeof response, Response>>();
const producers: Producer[] = [
  () => undefined,
  (stream) => stream.close('why'),
  ['text', { data: 1 }],
  new Set(['a']),
  (async function* () {
    yield 'a';
  })(),
];
eventStream(request, producers[0]!, { waitUntil: (promise) => void promise });
// @ts-expect-error numbers are no events
eventStream(request, [1, 2]);
// @ts-expect-error true is no period
eventStream(request, [], { heartbeat: true });
// @ts-expect-error a producer is missing
eventStream(request);

const bytes = encode([{ data: 1 }, 'text']);
holds<Equal<typeof bytes, Uint8Array<ArrayBuffer>>>();
export const body: BodyInit = encode('text');
// @ts-expect-error a number is no event
encode(5);
// @ts-expect-error an id is text or a number
encode({ id: true });

// A generator function is a producer; its stream has its type.
eventStream(request, function* (stream) {
  holds<Equal<typeof stream, ServerStream>>();
  yield 'a';
});
eventStream(request, async function* (stream) {
  yield { id: stream.lastEventId, data: 1 };
});
