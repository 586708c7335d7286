import { tooLarge, StreamParser } from './batch.js';
import type { ParseOptions } from './create-parser.js';
import { EventSourceError } from './error.js';
import type { ServerSentEvent } from './event.js';
import { type Found, isNote } from './found.js';
import { BatchIterator } from './iterator.js';
import { type EventOf, type EventSchema, type ReadOptions, refine } from './schema.js';

/** What {@link EventSourceParserStream} takes. */
export interface ParserStreamOptions extends ParseOptions {
  /** Emit an unfinished last event at the end of the stream; off by default, as the standard says. */
  flush?: boolean | undefined;
}

/** What {@link events} takes. */
export interface EventsOptions<S extends EventSchema | undefined = undefined>
  extends ParserStreamOptions, ReadOptions<S> {
  /** Stops reading; the iterator then throws `'aborted'`. */
  signal?: AbortSignal | null | undefined;
}

/** Where events can be read from. */
export type EventsSource = Response | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Reads the events of one stream, without reconnecting.
 *
 * Reads no further than the consumer asks for; leaving the loop cancels the source. Status and content type of a response are
 * the caller's to check; `connect` does it.
 *
 * @throws EventSourceError `'event-too-large'`, `'invalid-data'` or `'aborted'`, and what the source throws, each after the
 * events before it.
 * @example
 * for await (const event of events(await fetch('/stream'), { sentinel: '[DONE]' })) {
 *   console.log(event.json());
 * }
 */
export function events<const S extends EventSchema | undefined = undefined>(
  source: EventsSource,
  options: EventsOptions<S> = {},
): AsyncIterableIterator<EventOf<S>> {
  const reader = new EventReader(chunksOf(source), options);
  const close = (reason?: unknown): Promise<void> => reader.cancel(reason);
  return new BatchIterator(
    refine(() => reader.pull(), options, close),
    () => close(),
  );
}

/** What a source answers: a chunk, or that there are no more. */
type Next = { readonly done?: boolean | undefined; readonly value?: Uint8Array | undefined };

/** Where chunks come from. Answers pass as they are: a promise of our own around each took 150 of 690 ns a chunk. */
interface Chunks {
  next(): PromiseLike<Next> | Next;
  cancel(reason?: unknown): Promise<unknown>;
}

class EventReader {
  readonly #chunks: Chunks;
  readonly #options: Omit<EventsOptions, 'schema'>;
  readonly #parser: StreamParser;
  #done = false;
  /** Thrown when the events before it have been taken. */
  #failure: unknown;

  constructor(chunks: Chunks, options: Omit<EventsOptions, 'schema'>) {
    this.#chunks = chunks;
    this.#options = options;
    this.#parser = new StreamParser(options);
  }

  async pull(): Promise<readonly ServerSentEvent[] | undefined> {
    let found: readonly Found[] = [];
    let all: Found[] = [];
    let notes = 0;
    const deliver = (batch: readonly Found[], more: number): void => {
      // A batch alone, as nearly always, is not copied.
      if (!found.length) found = batch;
      else if (all.length) all.push(...batch);
      else found = all = [...found, ...batch];
      notes += more;
    };
    while (!this.#done) {
      let chunk: Uint8Array | undefined;
      try {
        const { signal } = this.#options;
        const next = await (signal ? this.#unlessAborted(signal) : this.#chunks.next());
        chunk = next.done ? undefined : next.value;
      } catch (error) {
        this.#finish();
        throw error;
      }
      // The consumer has left while this was on its way.
      if (this.#done) return undefined;
      if (chunk) this.#parser.feed(chunk, deliver);
      else {
        this.#parser.end(this.#options.flush ?? false, deliver);
        this.#finish();
      }
      const batch = notes ? this.#take(found) : (found as readonly ServerSentEvent[]);
      if (batch.length) return batch;
      found = all = [];
    }
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      throw failure;
    }
    return undefined;
  }

  async cancel(reason?: unknown): Promise<void> {
    if (this.#done) return;
    this.#finish();
    await this.#chunks.cancel(reason);
  }

  /** The next chunk, or the caller's abort, whichever comes first. */
  async #unlessAborted(signal: AbortSignal): Promise<Next> {
    let abort!: () => void;
    const aborted = new Promise<never>((_, reject) => {
      abort = () => {
        reject(abortError(signal));
        this.#chunks.cancel(signal.reason).catch(() => undefined);
      };
    });
    signal.addEventListener('abort', abort);
    try {
      if (signal.aborted) abort();
      return await Promise.race([aborted, this.#chunks.next()]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** The events up to the first error. */
  #take(found: readonly Found[]): ServerSentEvent[] {
    const batch: ServerSentEvent[] = [];
    for (const item of found) {
      if (!isNote(item)) batch.push(item);
      else if (item.kind === 'error') {
        this.#failure = tooLarge(this.#parser.maxEventSize);
        this.cancel(this.#failure).catch(() => undefined);
        break;
      }
    }
    return batch;
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.#parser.free();
  }
}

/** The error of a signal that has aborted. */
export function abortError(signal: AbortSignal): EventSourceError {
  return new EventSourceError('aborted', 'expected to go on, found the signal aborted', { cause: signal.reason });
}

function chunksOf(source: EventsSource): Chunks {
  if (source instanceof ReadableStream) return readerChunks(source);
  if (Symbol.asyncIterator in source) return iteratorChunks(source);
  if (!('body' in source)) {
    throw new TypeError('expected a Response, a ReadableStream or an async iterable of bytes, found none of them');
  }
  if (source.body) return readerChunks(source.body);
  return { next: () => ({ done: true }), cancel: () => Promise.resolve() };
}

/** A reader instead of `for await`: WebKit's streams are not async iterable. */
function readerChunks(stream: ReadableStream<Uint8Array>): Chunks {
  const reader = stream.getReader();
  return {
    next: () => reader.read(),
    cancel: (reason) => reader.cancel(reason),
  };
}

function iteratorChunks(source: AsyncIterable<Uint8Array>): Chunks {
  const iterator = source[Symbol.asyncIterator]();
  return {
    next: () => iterator.next(),
    cancel: async () => iterator.return?.(),
  };
}

/**
 * A transform stream from bytes to events.
 *
 * An event over `maxEventSize` errors the stream; as with any stream, what was not read before is then lost.
 *
 * @example
 * const readable = response.body.pipeThrough(new EventSourceParserStream());
 */
export class EventSourceParserStream extends TransformStream<Uint8Array, ServerSentEvent> {
  constructor(options: ParserStreamOptions = {}) {
    const parser = new StreamParser(options);
    const into = (controller: TransformStreamDefaultController<ServerSentEvent>) => (batch: readonly Found[]) => {
      for (const found of batch) {
        if (!isNote(found)) controller.enqueue(found);
        else if (found.kind === 'error') throw tooLarge(parser.maxEventSize);
      }
    };
    super({
      transform: (chunk, controller) => parser.feed(chunk, into(controller)),
      flush: (controller) => parser.end(options.flush ?? false, into(controller)),
    });
  }
}
