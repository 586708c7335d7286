/** The reading side of the boundary: one chunk in, one table out (its layout is that of src/web/batch.rs). */
import { parserEngine, startParser } from './engine.js';
import { EventSourceError } from './error.js';
import { ServerSentEvent } from './event.js';
import { Numbers } from './numbers.js';

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
/** Takes what a chunk completed, in order; never an empty batch. Where there are no notes, all of it are events. */
export type Deliver = (batch: readonly Found[], notes: number) => void;

/** By what it has: `instanceof` takes 3 ns an event. */
export function isNote(found: Found): found is Note {
  return (found as Note).kind !== undefined;
}

/** The limit for one event in bytes, where none is given: that of `Parser` in Rust. */
const DEFAULT_MAX_EVENT_SIZE = 16 * 1024 * 1024;
/** The memory of all streams of a page is of 4 GiB, and one without a limit would end them all. */
const MOST_MAX_EVENT_SIZE = 256 * 1024 * 1024;

const HEADER = 8;
const BETWEEN = 1;
const ELSEWHERE = 1 << 1;
const NOT_ASCII = 1 << 2;
const ODD = 1 << 3;
const KIND = 7;
const EVENT = 0;
const COMMENT = 1;
const LAST_EVENT_ID = 2;
const RETRY = 3;
const ID = 1 << 3;
const TYPE = 1 << 4;
const CARRIED_ID = 1 << 5;
const CARRIED_TYPE = 1 << 6;
const CARRIED = 1 << 7;

const CR = 13;

/** Larger chunks are cut: what is small stays in the cache, and a long string of two bytes a unit is slow to make. */
const PIECE = 16 * 1024;

// The standard's byte order mark is the parser's to strip, once a stream and not once a chunk.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** A parser in wasm memory, and the stream that it has begun. */
interface Entry {
  number: number;
  owner: StreamParser | undefined;
  /** Where the next chunk is to be written, and how many bytes it may have before room has to be made. */
  pointer: number;
  room: number;
}

/** The parsers of this page, and views on their memory. */
class Input {
  /**
   * A parser that is between two events. The next stream may take it over, so that streams that come one after the other
   * share one.
   */
  idle: Entry | undefined;
  bytes = new Uint8Array();
  words = new Uint32Array();
  readonly #numbers = new Numbers();

  /** A parser for a stream of its own: the idle one, or another. */
  take(owner: StreamParser): Entry {
    let entry = this.idle;
    this.idle = undefined;
    if (!entry) {
      entry = { number: 0, owner, pointer: 0, room: 0 };
      entry.number = this.#numbers.take(entry);
    }
    entry.owner = owner;
    return entry;
  }

  /** Takes a parser back that is not to be used by its owner any more. */
  give(entry: Entry): void {
    entry.owner = undefined;
    if (this.idle && this.idle !== entry) {
      this.#numbers.give(entry, entry.number);
    } else {
      this.idle = entry;
    }
  }

  /** Begins a stream in a parser, or goes on between two events of one. */
  begin(entry: Entry, maxEventSize: number, comments: boolean, inStream: boolean): void {
    parserEngine.begin(entry.number, maxEventSize, comments, inStream);
    entry.room = 0;
  }

  /** Where so many bytes can be written. */
  room(entry: Entry, length: number): number {
    if (length > entry.room) entry.pointer = parserEngine.reserve(entry.number, length) >>> 0;
    this.refresh();
    return entry.pointer;
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
}

const input = new Input();

/** The limit that an option stands for. Throws where it is none. */
export function eventLimit(option: number = DEFAULT_MAX_EVENT_SIZE): number {
  if (!(option >= 0)) throw new RangeError(`expected maxEventSize to be a number of bytes, found ${option}`);
  return Math.min(option, MOST_MAX_EVENT_SIZE);
}

/** One stream's parser: bytes or text in, batches out. */
export class StreamParser {
  /** The last event ID string of the stream, as of the last blank line. */
  lastEventId: string;
  /** The limit for one event, in bytes. */
  readonly maxEventSize: number;
  readonly #comments: boolean;
  #entry: Entry | undefined;
  /** The stream is past its first bytes, where a byte order mark may stand. */
  #begun = false;
  /** Counts streams: a chunk of one that was left is not read on. */
  #stream = 0;
  /** A high surrogate that ended a text: its other half begins the next one. */
  #half = '';

  constructor(options: { maxEventSize?: number | undefined; lastEventId?: string | undefined }, comments = false) {
    startParser();
    this.lastEventId = options.lastEventId ?? '';
    this.maxEventSize = eventLimit(options.maxEventSize);
    this.#comments = comments;
  }

  feed(chunk: Uint8Array, deliver: Deliver): void {
    if (this.#half) {
      const half = encoder.encode(this.#half);
      this.#half = '';
      this.#feedPiece(half, deliver);
    }
    if (chunk.length <= PIECE) {
      this.#feedPiece(chunk, deliver);
      return;
    }
    const stream = this.#stream;
    for (let start = 0; start < chunk.length && stream === this.#stream; start += PIECE) {
      this.#feedPiece(chunk.subarray(start, start + PIECE), deliver);
    }
  }

  feedText(text: string, deliver: Deliver): void {
    let rest = this.#half + text;
    const last = rest.charCodeAt(rest.length - 1);
    this.#half = last >= 0xd800 && last < 0xdc00 ? rest.slice(-1) : '';
    if (this.#half) rest = rest.slice(0, -1);
    const stream = this.#stream;
    while (rest && stream === this.#stream) {
      const entry = this.#parser();
      // A UTF-16 unit is at most three bytes, and no character has more than four.
      const length = Math.min(rest.length * 3, PIECE);
      const pointer = input.room(entry, length);
      const target = input.bytes.subarray(pointer, pointer + length);
      const { read, written } = encoder.encodeInto(rest, target);
      rest = rest.slice(read);
      this.#parse(entry, written, undefined, deliver);
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
    const entry = this.#entry;
    this.#entry = undefined;
    if (entry?.owner === this) {
      input.begin(entry, 0, false, false);
      input.give(entry);
    }
  }

  #feedPiece(chunk: Uint8Array, deliver: Deliver): void {
    const entry = this.#parser();
    const pointer = input.room(entry, chunk.length);
    input.bytes.set(chunk, pointer);
    this.#parse(entry, chunk.length, chunk, deliver);
  }

  /** The parser that has what is unfinished of this stream, or any that is between two events. */
  #parser(): Entry {
    let entry = this.#entry;
    if (entry?.owner !== this) {
      entry = this.#entry = input.take(this);
      input.begin(entry, this.maxEventSize, this.#comments, this.#begun);
    } else if (input.idle === entry) {
      input.idle = undefined;
    }
    return entry;
  }

  /** Parses the bytes that have been written, and decodes them from `chunk` where they came from one. */
  #parse(entry: Entry, length: number, chunk: Uint8Array | undefined, deliver: Deliver): void {
    const start = entry.pointer;
    const table = parserEngine.feed(entry.number, length) >>> 2;
    // A view from before the call may be dead.
    input.refresh();
    const { words } = input;
    entry.pointer = words[table + 4]!;
    entry.room = words[table + 5]!;
    if (words[table + 1]! & BETWEEN) {
      input.idle ??= entry;
      this.#begun = true;
    }
    if (words[table]) this.#read(table, chunk ?? input.bytes.subarray(start, start + length), deliver);
  }

  /** All strings are made before anything is handed over: what a listener does can't touch the table any more. */
  #read(table: number, chunk: Uint8Array, deliver: Deliver): void {
    const { words } = input;
    // ASCII, and all in this chunk, is what nearly every chunk is: bytes are units.
    const text = words[table + 1]! & ~BETWEEN ? textOf(table, chunk) : decoder.decode(chunk);
    // Of its final length: growing by `push` made an event cost 16 ns instead of 6.
    const batch = new Array<Found>(words[table + 7]!);
    const end = table + HEADER + words[table]!;
    let { lastEventId } = this;
    let [index, notes] = [0, 0];
    for (let at = table + HEADER; at < end; at += 3) {
      const kind = words[at]!;
      if (kind === EVENT) {
        batch[index++] = new ServerSentEvent('message', text.slice(words[at + 1]!, words[at + 2]!), lastEventId);
        continue;
      }
      const [from, to] = [words[at + 1]!, words[at + 2]!];
      if ((kind & KIND) === EVENT) {
        let type = 'message';
        if (kind & ID) {
          at += 2;
          lastEventId = kind & CARRIED_ID ? carriedAt(table, at) : text.slice(words[at + 1]!, words[at + 2]!);
        }
        if (kind & TYPE) {
          at += 2;
          type = (kind & CARRIED_TYPE ? carriedAt(table, at) : text.slice(words[at + 1]!, words[at + 2]!)) || type;
        }
        batch[index++] = new ServerSentEvent(type, text.slice(from, to), lastEventId);
      } else if ((kind & KIND) === RETRY) {
        // A number of digits without limit becomes one that is exact.
        batch[index++] = new Note('retry', '', Math.min(from + to * 2 ** 32, Number.MAX_SAFE_INTEGER));
        notes++;
      } else {
        const value = kind & CARRIED ? carriedAt(table, at) : text.slice(from, to);
        if ((kind & KIND) === LAST_EVENT_ID) {
          lastEventId = value;
        } else {
          batch[index++] = new Note((kind & KIND) === COMMENT ? 'comment' : 'error', value);
          notes++;
        }
      }
    }
    this.lastEventId = lastEventId;
    if (index) deliver(batch, notes);
  }
}

/** A text, or bytes that are cut before they are decoded. */
interface Sliceable {
  slice(start: number, end: number): string;
}

/** The text of a table that is not just an ASCII chunk. */
function textOf(table: number, chunk: Uint8Array): Sliceable {
  const { words } = input;
  const flags = words[table + 1]!;
  const [start, length] = [words[table + 2]!, words[table + 3]!];
  let bytes = flags & ELSEWHERE ? input.bytes.subarray(start, start + length) : chunk;
  if (bytes.length > length) bytes = bytes.subarray(0, length);
  const ascii = !(flags & NOT_ASCII);
  if (!ascii && flags & ODD) return new Pieces(bytes);
  const text = decoder.decode(bytes);
  if (ascii) return text;
  // Without U+FFFD nothing was replaced. (A fatal decoder takes 2.5 times as long in Node.)
  if (text.includes('\ufffd') && !isUtf8(bytes)) return new Pieces(bytes);
  measure(table, bytes, text);
  return text;
}

/**
 * Turns the table's places in the bytes of a text into places in the text, where it has nothing odd.
 *
 * Between two values then lies nothing but ASCII, and a value ends at the text's next line end, for which engines have a fast
 * search.
 */
function measure(table: number, bytes: Uint8Array, text: string): void {
  const { words } = input;
  const end = table + HEADER + words[table]!;
  // Where it is: in UTF-16 units, and how many bytes more that is.
  let [unit, excess] = [0, 0];
  for (let at = table + HEADER; at < end;) {
    const kind = words[at]!;
    const data = at + 1;
    at += 3;
    let [value, step] = [at, 2];
    at += (kind & ID && 2) + (kind & TYPE && 2);
    // Id and type in the order in which they lie, and the data behind them.
    if (value + 4 === at && words[value + 2]! < words[value]!) [value, step] = [value + 2, -2];
    for (let left = at - data; left > 0; left -= 2) {
      if (left === 2) value = data;
      const to = words[value + 1]!;
      unit = words[value]! - excess;
      words[value] = unit;
      const found = text.indexOf(bytes[to] === CR ? '\r' : '\n', unit);
      unit = found < 0 ? text.length : found;
      words[value + 1] = unit;
      excess = to - unit;
      value += step;
    }
  }
}

/** The carried value whose range is behind the word at `at`. */
function carriedAt(table: number, at: number): string {
  const { words } = input;
  const start = words[table + 6]!;
  return decoder.decode(input.bytes.subarray(start + words[at + 1]!, start + words[at + 2]!));
}

/** Tells U+FFFD that the stream has from U+FFFD for what is not UTF-8. */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Bytes that are not UTF-8: each value is decoded for itself. */
class Pieces implements Sliceable {
  constructor(readonly bytes: Uint8Array) {}

  slice(start: number, end: number): string {
    return decoder.decode(this.bytes.subarray(start, end));
  }
}

/** The error of an event that was too large. */
export function tooLarge(limit: number): EventSourceError {
  return new EventSourceError('event-too-large', `expected an event of at most ${limit} bytes, found a larger one`);
}
