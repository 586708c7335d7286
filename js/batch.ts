/** The reading side of the boundary: one chunk in, one table out (its layout is that of src/web/batch.rs). */
import { parserEngine } from './engine.js';
import { EventSourceError } from './error.js';
import { ServerSentEvent } from './event.js';

/** What a parser finds beside events. */
export class Note {
  constructor(
    readonly kind: 'comment' | 'retry' | 'field' | 'error',
    readonly text: string,
    readonly value: string | number = 0,
  ) {}
}
/** One thing found in a stream. */
export type Found = ServerSentEvent | Note;
/** Takes what a chunk completed, in order; never an empty batch. */
export type Deliver = (batch: readonly Found[]) => void;

export const WANTS_COMMENTS = 1;
export const WANTS_FIELDS = 2;
/** The limit for one event in bytes, where none is given: that of `Parser` in Rust. */
const DEFAULT_MAX_EVENT_SIZE = 16 * 1024 * 1024;

const HEADER = 8;
const ENTRY = 5;
const EVENT = 0;
const COMMENT = 1;
const RETRY = 2;
const LAST_EVENT_ID = 3;
const FIELD = 4;
const ERROR = 5;
const NEW_TYPE = 6;
const RARE_TYPE = 7;
const KIND = 15;
const FIRST_CARRIED = 1 << 4;
const SECOND_CARRIED = 1 << 5;
const HAS_ID = 1 << 6;
const HAS_RARE_TYPE = 1 << 7;
const TYPE_SHIFT = 8;

/** Larger chunks are cut: a browser's are up to 64 KiB, and an event of 64 KiB with its field name still fits. */
const INPUT_SIZE = 128 * 1024;

// The standard's byte order mark is the parser's to strip, once a stream and not once a chunk.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
/** Tells text whose units can be counted from text that has U+FFFD in unknown places. */
const strictDecoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
const encoder = new TextEncoder();

type RawParser = InstanceType<typeof parserEngine.RawParser>;

/** A parser in wasm memory, and the stream that it has begun. */
interface Entry {
  readonly raw: RawParser;
  owner: StreamParser | undefined;
}

/** The wasm memory of this page's batches, made when the first chunk comes. */
class Input {
  readonly batch = new parserEngine.Batch(INPUT_SIZE);
  /** Strings for the types that the table gives as numbers. */
  readonly types = ['message'];
  /**
   * A parser that is between two events. The next stream may take it over, so that streams that come one after the other
   * share one, and only one that is abandoned within an event is left to the garbage collector.
   */
  idle: Entry | undefined = { raw: new parserEngine.RawParser(), owner: undefined };
  bytes = new Uint8Array();
  words = new Uint32Array();
  readonly pointer: number;

  constructor() {
    const header = this.batch.feed(this.idle!.raw, 0) >>> 2;
    this.refresh();
    this.pointer = this.words[header + 6]!;
  }

  /**
   * Views on the memory die when it grows, also within a call. A dead one has no length, which is 5 ns to see; asking the
   * memory for its buffer is 41.
   */
  refresh(): void {
    if (this.bytes.length === 0) {
      const { buffer } = parserEngine.memory;
      this.bytes = new Uint8Array(buffer);
      this.words = new Uint32Array(buffer);
    }
  }

  /** The beginning of the input. */
  view(length: number): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(this.pointer, this.pointer + length);
  }
}

let shared: Input | undefined;

/** One stream's parser: bytes or text in, batches out. */
export class StreamParser {
  /** The last event ID string of the stream, as of the last blank line. */
  lastEventId: string;
  /** The limit for one event, in bytes. */
  readonly maxEventSize: number;
  readonly #wants: number;
  readonly #input = (shared ??= new Input());
  #entry: Entry | undefined;
  /** The stream is past its first bytes, where a byte order mark may stand. */
  #begun = false;
  /** Counts streams: a chunk of one that was left is not read on. */
  #stream = 0;
  /** A high surrogate that ended a text: its other half begins the next one. */
  #half = '';

  constructor(options: { maxEventSize?: number | undefined; lastEventId?: string | undefined }, wants = 0) {
    this.lastEventId = options.lastEventId ?? '';
    const limit = options.maxEventSize ?? DEFAULT_MAX_EVENT_SIZE;
    if (!(limit >= 0)) throw new RangeError(`expected maxEventSize to be a number of bytes, found ${limit}`);
    this.maxEventSize = Math.min(limit, 0xffff_ffff);
    this.#wants = wants;
  }

  feed(chunk: Uint8Array, deliver: Deliver): void {
    if (this.#half) {
      const half = encoder.encode(this.#half);
      this.#half = '';
      this.#feedPiece(half, deliver);
    }
    if (chunk.length <= INPUT_SIZE) {
      this.#feedPiece(chunk, deliver);
      return;
    }
    const stream = this.#stream;
    for (let start = 0; start < chunk.length && stream === this.#stream; start += INPUT_SIZE) {
      this.#feedPiece(chunk.subarray(start, start + INPUT_SIZE), deliver);
    }
  }

  feedText(text: string, deliver: Deliver): void {
    let rest = this.#half + text;
    const last = rest.charCodeAt(rest.length - 1);
    this.#half = last >= 0xd800 && last < 0xdc00 ? rest.slice(-1) : '';
    if (this.#half) rest = rest.slice(0, -1);
    const stream = this.#stream;
    while (rest && stream === this.#stream) {
      const input = this.#input;
      input.refresh();
      const { read, written } = encoder.encodeInto(rest, input.view(INPUT_SIZE));
      rest = rest.slice(read);
      this.#parse(written, undefined, deliver);
    }
  }

  end(flush: boolean, deliver: Deliver): void {
    if (flush) {
      // An LF that may belong to a CR, one that ends the line, and the blank line.
      this.feed(encoder.encode('\n\n\n'), deliver);
    }
    this.free();
  }

  reset(): void {
    this.free();
    this.lastEventId = '';
  }

  /** Forgets what is unfinished, also of the chunk that is being read, and gives its memory back; what comes next is a new stream with the same last event ID. */
  free(): void {
    this.#stream++;
    this.#half = '';
    this.#begun = false;
    if (this.#entry?.owner === this) {
      this.#entry.raw.begin(0, 0, false);
      this.#input.idle ??= this.#entry;
      this.#entry.owner = undefined;
    }
    this.#entry = undefined;
  }

  #feedPiece(chunk: Uint8Array, deliver: Deliver): void {
    const input = this.#input;
    input.refresh();
    input.bytes.set(chunk, input.pointer);
    this.#parse(chunk.length, chunk, deliver);
  }

  /** The parser that has what is unfinished of this stream, or any that is between two events. */
  #raw(): RawParser {
    const input = this.#input;
    let entry = this.#entry;
    if (entry?.owner !== this) {
      entry = this.#entry = input.idle ?? { raw: new parserEngine.RawParser(), owner: this };
      entry.owner = this;
      entry.raw.begin(this.maxEventSize, this.#wants, this.#begun);
    }
    if (input.idle === entry) input.idle = undefined;
    return entry.raw;
  }

  /** Parses what is in the input, and decodes it from `chunk` where it came from one. */
  #parse(length: number, chunk: Uint8Array | undefined, deliver: Deliver): void {
    const input = this.#input;
    const table = input.batch.feed(this.#raw(), length) >>> 2;
    input.refresh();
    if (input.words[table + 7]) {
      input.idle ??= this.#entry;
      this.#begun = true;
    }
    if (input.words[table]) this.#read(table, chunk ?? input.view(length), deliver);
  }

  /** All strings are made before anything is handed over: what a listener does can't touch the table any more. */
  #read(table: number, chunk: Uint8Array, deliver: Deliver): void {
    const input = this.#input;
    const { words } = input;
    const entries = table + HEADER;
    const end = entries + words[table]! * ENTRY;
    const [to, start, length] = [words[table + 3]!, words[table + 4]!, words[table + 5]!];
    const carried = length ? input.bytes.subarray(start, start + length) : NO_BYTES;
    let batch: Found[];
    if (words[table + 1] === 0) {
      // ASCII: bytes are units. A decoder costs 100 ns even where there is nothing to decode.
      batch = this.#cut(entries, end, to ? decoder.decode(chunk) : '', length ? decoder.decode(carried) : '');
    } else {
      const texts = strictTexts(chunk.subarray(words[table + 2], to), carried);
      if (texts) {
        input.batch.measure();
        batch = this.#cut(entries, end, ...texts);
      } else {
        batch = this.#cut(entries, end, new Pieces(chunk), new Pieces(carried));
      }
    }
    if (batch.length) deliver(batch);
  }

  /** The entries of a table, cut out of their two texts. */
  #cut(at: number, end: number, chunk: Sliceable, carried: Sliceable): Found[] {
    const { types, words } = this.#input;
    const batch: Found[] = [];
    let rareType = '';
    for (; at < end; at += ENTRY) {
      const kind = words[at]!;
      const first = (kind & FIRST_CARRIED ? carried : chunk).slice(words[at + 1]!, words[at + 2]!);
      if ((kind & KIND) === EVENT) {
        if (kind & HAS_ID) {
          this.lastEventId = (kind & SECOND_CARRIED ? carried : chunk).slice(words[at + 3]!, words[at + 4]!);
        }
        const type = kind & HAS_RARE_TYPE ? rareType : types[kind >>> TYPE_SHIFT]!;
        batch.push(new ServerSentEvent(type, first, this.lastEventId));
        continue;
      }
      switch (kind & KIND) {
        case COMMENT:
          batch.push(new Note('comment', first));
          break;
        case RETRY:
          batch.push(new Note('retry', '', milliseconds(words[at + 1]!, words[at + 2]!)));
          break;
        case LAST_EVENT_ID:
          this.lastEventId = first;
          break;
        case FIELD: {
          const value = (kind & SECOND_CARRIED ? carried : chunk).slice(words[at + 3]!, words[at + 4]!);
          batch.push(new Note('field', first, value));
          break;
        }
        case ERROR:
          batch.push(new Note('error', first));
          break;
        case NEW_TYPE:
          types.push(first);
          break;
        case RARE_TYPE:
          rareType = first;
          break;
      }
    }
    return batch;
  }
}

const NO_BYTES = new Uint8Array();

/** A text, or bytes that are cut before they are decoded. */
interface Sliceable {
  slice(start: number, end: number): string;
}

/** Both texts, or nothing where one is not UTF-8. */
function strictTexts(chunk: Uint8Array, carried: Uint8Array): [string, string] | undefined {
  try {
    return [strictDecoder.decode(chunk), strictDecoder.decode(carried)];
  } catch {
    return undefined;
  }
}

/** Bytes that are not UTF-8: each value is decoded for itself. */
class Pieces implements Sliceable {
  constructor(readonly bytes: Uint8Array) {}

  slice(start: number, end: number): string {
    return decoder.decode(this.bytes.subarray(start, end));
  }
}

/** A number of digits without limit becomes one that is exact. */
function milliseconds(low: number, high: number): number {
  return Math.min(low + high * 2 ** 32, Number.MAX_SAFE_INTEGER);
}

/** The error that a note stands for. */
export function parseError(note: Note): EventSourceError {
  return new EventSourceError('event-too-large', note.text);
}
