import { type Found, Note, parseError, StreamParser } from './batch.js';
import type { EventSourceError } from './error.js';
import { ServerSentEvent } from './event.js';

/** What all readers of a stream take. */
export interface ParseOptions {
  /**
   * The largest event in bytes: its data, type and id together with the line that is being read. Default 16 MiB.
   * A larger event gives `'event-too-large'`. Memory is bounded by it, plus one chunk.
   */
  maxEventSize?: number | undefined;
  /** The last event ID that a stream goes on from; events without an `id` of their own keep it. */
  lastEventId?: string | undefined;
}

/** What {@link createParser} takes. */
export interface ParserOptions extends ParseOptions {
  /** Called for each event. */
  onEvent: (event: ServerSentEvent) => void;
  /** Called for each comment line, with the text behind its colon and one leading space. */
  onComment?: ((text: string) => void) | undefined;
  /** Called for each new reconnection time, in milliseconds. */
  onRetry?: ((milliseconds: number) => void) | undefined;
  /** Called for each event that is too large; without it `feed` throws the error. */
  onError?: ((error: EventSourceError) => void) | undefined;
}

/** A push parser for one stream. */
export interface EventSourceParser {
  /**
   * Reads the next bytes, or the next piece of text, cut anywhere. All that they complete is handed over before it
   * returns; called from within a callback, it reads them when the callbacks of the current chunk are through.
   *
   * @throws the first error that a callback threw, or that no `onError` took, once the whole chunk is read.
   */
  feed(chunk: Uint8Array | string): void;
  /** Ends the stream: what is left of it is dropped, as the standard says, or with `flush` read as an event. */
  end(options?: { flush?: boolean | undefined }): void;
  /** Starts over with a new stream; what the current chunk still holds is dropped. */
  reset(): void;
  /** The last event ID string of the stream, as of the last blank line. */
  readonly lastEventId: string;
}

/**
 * Makes a parser for one event stream (HTML standard, section 9.2.6).
 *
 * @example
 * const parser = createParser({ onEvent: (event) => console.log(event.type, event.data) });
 * parser.feed('event: greeting\ndata: Hello\n\n');
 */
export function createParser(options: ParserOptions): EventSourceParser {
  return new CallbackParser(options);
}

class CallbackParser implements EventSourceParser {
  readonly #options: ParserOptions;
  readonly #parser: StreamParser;
  /** What a callback asked for while a chunk was being handed over. */
  #waiting: (() => void)[] = [];
  #busy = false;
  /** Counts resets: what was read before one is not handed over after it. */
  #stream = 0;
  /** What callbacks threw: the first is thrown on, once nothing is lost by it. */
  #thrown: unknown[] = [];

  constructor(options: ParserOptions) {
    if (typeof options?.onEvent !== 'function') {
      throw new TypeError(`expected onEvent to be a function, found ${typeof options?.onEvent}`);
    }
    this.#options = options;
    this.#parser = new StreamParser(options, options.onComment !== undefined);
  }

  get lastEventId(): string {
    return this.#parser.lastEventId;
  }

  feed(chunk: Uint8Array | string): void {
    if (typeof chunk === 'string') {
      this.#run(() => this.#parser.feedText(chunk, this.#deliver));
    } else if (chunk instanceof Uint8Array) {
      this.#run(() => this.#parser.feed(chunk, this.#deliver));
    } else {
      throw new TypeError(`expected a chunk of type Uint8Array or string, found ${typeof chunk}`);
    }
  }

  end(options?: { flush?: boolean | undefined }): void {
    this.#run(() => this.#parser.end(options?.flush ?? false, this.#deliver));
  }

  reset(): void {
    this.#stream++;
    this.#waiting = [];
    this.#parser.reset();
  }

  #run(job: () => void): void {
    if (this.#busy) {
      this.#waiting.push(job);
      return;
    }
    this.#busy = true;
    try {
      job();
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) next();
    } finally {
      this.#busy = false;
    }
    if (this.#thrown.length) {
      const [first] = this.#thrown;
      this.#thrown = [];
      throw first;
    }
  }

  readonly #deliver = (batch: readonly Found[]): void => {
    const stream = this.#stream;
    for (const found of batch) {
      if (stream !== this.#stream) return;
      try {
        if (found instanceof ServerSentEvent) this.#options.onEvent(found);
        else this.#note(found);
      } catch (error) {
        this.#thrown.push(error);
      }
    }
  };

  #note(note: Note): void {
    const { onComment, onRetry, onError } = this.#options;
    if (note.kind === 'comment') onComment?.(note.text);
    else if (note.kind === 'retry') onRetry?.(note.milliseconds);
    else if (note.kind === 'error') {
      const error = parseError(note);
      if (!onError) throw error;
      onError(error);
    }
  }
}
