import { EventSourceError } from './error.js';
import type { EventInit } from './event-init.js';
import { checkFunctions, orEnd, respond, type ResponseInit } from './respond.js';
import type { ServerStream } from './server-stream.js';
import type { StreamWriter } from './stream-writer.js';
import { DONE } from './turn.js';

/** An event to send; or bytes of an event stream, which are handed on frame by frame as they are. */
export type Produced = EventInit | Uint8Array;

type Source = Iterable<Produced> | AsyncIterable<Produced> | ReadableStream<Produced>;

/**
 * Where the events of a response come from: a function that is given the stream to write to, or an (async) iterable or a
 * `ReadableStream` of events or of bytes, such as the body of an upstream's response. A function that returns a promise ends the
 * stream when that settles, an (async) generator function when it is through; one that returns anything else leaves it open until
 * somebody calls `stream.close()`.
 */
export type Producer =
  | ((stream: ServerStream) => void | Promise<void>)
  | ((stream: ServerStream) => Generator<Produced> | AsyncGenerator<Produced>)
  | Source;

/** What {@link eventStream} takes. */
export interface EventStreamInit extends ResponseInit {
  /** Called with what the producer threw; without it that goes to `console.error`. It never reaches the reader. */
  onError?: ((error: unknown) => void) | undefined;
}

/**
 * Answers a request with an event stream.
 *
 * @throws TypeError, RangeError or EventSourceError when an option is not what it should be.
 * @example
 * export default {
 *   fetch: (request) => eventStream(request, async (stream) => {
 *     for (let n = Number(stream.lastEventId) + 1; n <= 10; n++) await stream.send({ id: n, data: { n } });
 *   }),
 * };
 */
export function eventStream(request: Request, producer: Producer, init: EventStreamInit = {}): Response {
  const { onError, waitUntil } = init;
  checkFunctions({ onError });
  checkProducer(producer);
  const { response, writer } = respond(request, init);
  if (!writer) return response;
  const produced = produce(writer, producer, onError);
  orEnd(writer, () => waitUntil?.(Promise.all([produced, writer.closed]).then(([, reason]) => reason)));
  return response;
}

/** Runs the producer and ends the stream by what becomes of it. Never rejects. */
async function produce(
  writer: StreamWriter,
  producer: Producer,
  onError: ((error: unknown) => void) | undefined,
): Promise<void> {
  try {
    const made: unknown = typeof producer === 'function' ? producer(writer) : undefined;
    if (typeof producer !== 'function') await sendFrom(writer, producer);
    else if (isPromise(made)) await made;
    else if (isGenerator(made)) await sendFrom(writer, made);
    else return;
    writer.end({ code: 'completed' });
  } catch (cause) {
    if (writer.ended && isOfEnd(cause, writer.signal.reason)) return;
    writer.end({ code: 'failed', cause });
    report(cause, onError);
  }
}

function checkProducer(producer: unknown): void {
  if (typeof producer === 'function') return;
  const found = Object(producer) as object;
  const isSource = 'getReader' in found || Symbol.asyncIterator in found || Symbol.iterator in found;
  if (found !== producer || !isSource) {
    throw new TypeError(`expected a producer to be a function, an iterable or a stream, found ${typeof producer}`);
  }
}

function isPromise(value: unknown): value is Promise<void> {
  return typeof (value as Promise<void> | undefined)?.then === 'function';
}

/** Not any iterable: a function may happen to return one, such as the set that it has added the stream to. */
function isGenerator(value: unknown): value is Generator<Produced> | AsyncGenerator<Produced> {
  return typeof (value as Iterator<Produced> | undefined)?.next === 'function';
}

/** Whether the producer has only learnt of the end, by a `send` or by `stream.signal`: then nothing has failed. */
function isOfEnd(error: unknown, reason: unknown): boolean {
  if (error === reason || (error instanceof Error && error.cause === reason)) return true;
  return error instanceof EventSourceError && error.code === 'closed';
}

function send(writer: StreamWriter, value: Produced): Promise<void> {
  return value instanceof Uint8Array ? writer.relay(value) : writer.send(value);
}

function sendFrom(writer: StreamWriter, source: Source): Promise<void> {
  const later = 'getReader' in source || Symbol.asyncIterator in source;
  return later ? sendAsync(writer, iterate(source)) : sendAll(writer, source);
}

async function sendAll(writer: StreamWriter, values: Iterable<Produced>): Promise<void> {
  if (writer.ended) return;
  for (const value of values) {
    // Waits only where there is no room: each promise is a microtask.
    const sent = send(writer, value);
    if (sent !== DONE) await sent;
    if (writer.ended) return;
  }
}

/** By a reader where it is a stream: not every runtime's are iterable. */
function iterate(source: AsyncIterable<Produced> | ReadableStream<Produced>): AsyncIterator<Produced> {
  if (!('getReader' in source)) return source[Symbol.asyncIterator]();
  const reader = source.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<Produced>>,
    return: () => reader.cancel().then(() => ({ done: true, value: undefined })),
  };
}

async function sendAsync(writer: StreamWriter, iterator: AsyncIterator<Produced>): Promise<void> {
  let through = false;
  // An iterable that waits for its next event is not waited for when the reader has left. Not by a race with `closed`: that
  // would hold on to every event until the end of the stream.
  let leave: (() => void) | undefined;
  void writer.closed.then(() => leave?.());
  const next = (): Promise<IteratorResult<Produced> | undefined> =>
    new Promise((resolve, reject) => {
      leave = () => resolve(undefined);
      through = true;
      Promise.resolve(iterator.next()).then(resolve, reject);
    });
  try {
    while (!writer.ended) {
      const result = await next();
      if (result?.done) return;
      through = false;
      if (result) await send(writer, result.value);
    }
  } finally {
    // Neither at its end nor after an error of its own, as in a `for await` loop.
    if (!through) await iterator.return?.();
  }
}

function report(error: unknown, onError: ((error: unknown) => void) | undefined): void {
  try {
    if (onError) onError(error);
    else console.error('eventsource-wasm: the producer of an event stream failed:', error);
  } catch (failure) {
    console.error('eventsource-wasm: onError failed:', failure);
  }
}
