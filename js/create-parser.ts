import { COMMENTS, FIELDS, tooLarge, StreamParser } from './batch.js';
import type { EventSourceError } from './error.js';
import type { ServerSentEvent } from './event.js';
import { type Found, isNote, type Note } from './found.js';

/** What all readers of a stream take. */
export interface ParseOptions {
  /**
   * The largest event in bytes: its data, type and id together with the line that is being read. Default 16 MiB, at most
   * 256 MiB. A larger event gives `'event-too-large'`. Memory is bounded by it, plus one chunk.
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
  /**
   * Called for each line that is none of the standard's fields, with its name and its value; the standard ignores them. A line
   * without a colon has an empty value.
   */
  onField?: ((name: string, value: string) => void) | undefined;
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

/** What a parser is asked to do: read a piece, or end, with or without what is left. */
type Job = Uint8Array | string | boolean;

class CallbackParser implements EventSourceParser {
  readonly #options: ParserOptions;
  readonly #parser: StreamParser;
  /** What a callback asked for while a chunk was being handed over. */
  #waiting: Job[] = [];
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
    this.#parser = new StreamParser(options, (options.onComment ? COMMENTS : 0) | (options.onField ? FIELDS : 0));
  }

  get lastEventId(): string {
    return this.#parser.lastEventId;
  }

  feed(chunk: Uint8Array | string): void {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) {
      throw new TypeError(`expected a chunk of type Uint8Array or string, found ${typeof chunk}`);
    }
    this.#run(chunk);
  }

  end(options?: { flush?: boolean | undefined }): void {
    this.#run(options?.flush ?? false);
  }

  reset(): void {
    this.#stream++;
    this.#waiting = [];
    this.#parser.reset();
  }

  #run(job: Job): void {
    if (this.#busy) {
      this.#waiting.push(job);
      return;
    }
    this.#busy = true;
    try {
      this.#do(job);
      while (this.#waiting.length) this.#do(this.#waiting.shift()!);
    } finally {
      this.#busy = false;
    }
    if (this.#thrown.length) {
      const [first] = this.#thrown;
      this.#thrown = [];
      throw first;
    }
  }

  #do(job: Job): void {
    if (typeof job === 'string') this.#parser.feedText(job, this.#deliver);
    else if (typeof job === 'boolean') this.#parser.end(job, this.#deliver);
    else this.#parser.feed(job, this.#deliver);
  }

  readonly #deliver = (batch: readonly Found[]): void => {
    const options = this.#options;
    const stream = this.#stream;
    for (let index = 0; index < batch.length && stream === this.#stream; index++) {
      const found = batch[index]!;
      try {
        if (isNote(found)) this.#note(found);
        else options.onEvent(found);
      } catch (error) {
        this.#thrown.push(error);
      }
    }
  };

  #note(note: Note): void {
    const { onComment, onField, onRetry, onError } = this.#options;
    if (note.kind === 'comment') onComment?.(note.text);
    else if (note.kind === 'field') onField?.(...cut(note.text));
    else if (note.kind === 'retry') onRetry?.(note.milliseconds);
    else {
      const error = tooLarge(this.#parser.maxEventSize);
      if (!onError) throw error;
      onError(error);
    }
  }
}

/** [spec] The name is before the first colon, the value behind it, without one leading space. */
function cut(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}
