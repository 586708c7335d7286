/** The reading side of the boundary: one chunk in, one table out (its layout is that of src/web/batch.rs). */
import { parserEngine } from './engine.js';
import { EventSourceError } from './error.js';
import { ServerSentEvent } from './event.js';

/** What a parser finds beside events. */
export class Note {
  constructor(
    readonly kind: 'comment' | 'retry' | 'error',
    readonly text: string,
    readonly milliseconds = 0,
  ) {}
}
/** One thing found in a stream. */
export type Found = ServerSentEvent | Note;
/** Takes what a chunk completed, in order; never an empty batch. */
export type Deliver = (batch: readonly Found[]) => void;

/** The limit for one event in bytes, where none is given: that of `Parser` in Rust. */
const DEFAULT_MAX_EVENT_SIZE = 16 * 1024 * 1024;

const HEADER = 7;
const ENTRY = 7;
const KIND = 7;
const EVENT = 0;
const COMMENT = 1;
const RETRY = 2;
const LAST_EVENT_ID = 3;
const HAS_ID = 1 << 3;
const CARRIED = 1 << 4;
const CARRIED_ID = 1 << 5;
const CARRIED_TYPE = 1 << 6;

/** Larger chunks are cut: a browser's are up to 64 KiB, and an event of 64 KiB with its field name still fits. */
const INPUT_SIZE = 128 * 1024;

// The standard's byte order mark is the parser's to strip, once a stream and not once a chunk.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
/** Tells text whose units can be counted from text that has U+FFFD in unknown places. */
const strictDecoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
const encoder = new TextEncoder();

/** A parser in wasm memory, and the stream that it has begun. */
interface Entry {
  readonly number: number;
  owner: StreamParser | undefined;
}

/** The wasm memory of this page's parsers, made when the first one is. */
class Input {
  readonly pointer = parserEngine.input(INPUT_SIZE);
  /**
   * A parser that is between two events. The next stream may take it over, so that streams that come one after the other
   * share one, and only one that is abandoned within an event is left to the garbage collector.
   */
  idle: Entry | undefined;
  bytes = new Uint8Array();
  words = new Uint32Array();
  readonly #abandoned = globalThis.FinalizationRegistry && new FinalizationRegistry<number>(parserEngine.close);

  /** A parser for a stream of its own: the idle one, or another. */
  take(owner: StreamParser): Entry {
    let entry = this.idle;
    if (!entry) {
      entry = { number: parserEngine.open(), owner };
      this.#abandoned?.register(entry, entry.number);
    }
    entry.owner = owner;
    return entry;
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
  readonly #comments: boolean;
  readonly #input = (shared ??= new Input());
  #entry: Entry | undefined;
  /** The stream is past its first bytes, where a byte order mark may stand. */
  #begun = false;
  /** Counts streams: a chunk of one that was left is not read on. */
  #stream = 0;
  /** A high surrogate that ended a text: its other half begins the next one. */
  #half = '';

  constructor(options: { maxEventSize?: number | undefined; lastEventId?: string | undefined }, comments = false) {
    this.lastEventId = options.lastEventId ?? '';
    const limit = options.maxEventSize ?? DEFAULT_MAX_EVENT_SIZE;
    if (!(limit >= 0)) throw new RangeError(`expected maxEventSize to be a number of bytes, found ${limit}`);
    this.maxEventSize = Math.min(limit, 0xffff_ffff);
    this.#comments = comments;
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

  /**
   * Forgets what is unfinished, also of the chunk that is being read, and gives its memory back; what comes next is a new
   * stream with the same last event ID.
   */
  free(): void {
    this.#stream++;
    this.#half = '';
    this.#begun = false;
    if (this.#entry?.owner === this) {
      parserEngine.begin(this.#entry.number, 0, false, false);
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

  /** The number of the parser that has what is unfinished of this stream, or of any that is between two events. */
  #number(): number {
    const input = this.#input;
    let entry = this.#entry;
    if (entry?.owner !== this) {
      entry = this.#entry = input.take(this);
      parserEngine.begin(entry.number, this.maxEventSize, this.#comments, this.#begun);
    }
    if (input.idle === entry) input.idle = undefined;
    return entry.number;
  }

  /** Parses what is in the input, and decodes it from `chunk` where it came from one. */
  #parse(length: number, chunk: Uint8Array | undefined, deliver: Deliver): void {
    const input = this.#input;
    const table = parserEngine.feed(this.#number(), length) >>> 2;
    input.refresh();
    if (input.words[table + 6]) {
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
      // ASCII: bytes are units. A call of the decoder is some 100 ns, so not for nothing.
      batch = this.#cut(entries, end, to ? decoder.decode(chunk) : '', length ? decoder.decode(carried) : '');
    } else {
      const texts = strictTexts(chunk.subarray(words[table + 2], to), carried);
      if (texts) {
        parserEngine.measure();
        batch = this.#cut(entries, end, ...texts);
      } else {
        batch = this.#cut(entries, end, new Pieces(chunk), new Pieces(carried));
      }
    }
    if (batch.length) deliver(batch);
  }

  /** The entries of a table, cut out of their two texts. */
  #cut(at: number, end: number, chunk: Sliceable, carried: Sliceable): Found[] {
    const { words } = this.#input;
    const batch: Found[] = [];
    for (; at < end; at += ENTRY) {
      const kind = words[at]!;
      const first = (kind & CARRIED ? carried : chunk).slice(words[at + 1]!, words[at + 2]!);
      if ((kind & KIND) === EVENT) {
        if (kind & HAS_ID) {
          this.lastEventId = (kind & CARRIED_ID ? carried : chunk).slice(words[at + 3]!, words[at + 4]!);
        }
        const [from, to] = [words[at + 5]!, words[at + 6]!];
        const type = to ? (kind & CARRIED_TYPE ? carried : chunk).slice(from, to) : 'message';
        batch.push(new ServerSentEvent(type, first, this.lastEventId));
      } else if ((kind & KIND) === LAST_EVENT_ID) {
        this.lastEventId = first;
      } else if ((kind & KIND) === RETRY) {
        batch.push(new Note('retry', '', milliseconds(words[at + 1]!, words[at + 2]!)));
      } else {
        batch.push(new Note((kind & KIND) === COMMENT ? 'comment' : 'error', first));
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
