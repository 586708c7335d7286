/** The reading side of the boundary: one chunk in, one table out (its layout is that of src/web/batch.rs). */
import { startParser } from './engine.js';
import { EventSourceError } from './error.js';
import type { Deliver } from './found.js';
import { bytes, giveSlot, keep, offer, type Slot, takeSlot } from './memory.js';
import { readTable } from './table.js';

/** What a parser is asked for beside events. */
export const COMMENTS = 1;
export const FIELDS = 2;

/** The limit for one event in bytes, where none is given: that of `Parser` in Rust. */
const DEFAULT_MAX_EVENT_SIZE = 16 * 1024 * 1024;
/** The memory of all streams of a page is of 4 GiB, and one without a limit would end them all. */
const MOST_MAX_EVENT_SIZE = 256 * 1024 * 1024;

/** Larger chunks are cut: what is small stays in the cache, and a long string of two bytes a unit is slow to make. */
const PIECE = 16 * 1024;

const encoder = new TextEncoder();

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
  readonly #wants: number;
  #slot: Slot | undefined;
  /** The stream is past its first bytes, where a byte order mark may stand. */
  #begun = false;
  /** Counts streams: a chunk of one that was left is not read on. */
  #stream = 0;
  /** A high surrogate that ended a text: its other half begins the next one. */
  #half = '';

  constructor(options: { maxEventSize?: number | undefined; lastEventId?: string | undefined }, wants = 0) {
    startParser();
    this.lastEventId = options.lastEventId ?? '';
    this.maxEventSize = eventLimit(options.maxEventSize);
    this.#wants = wants;
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
      const slot = this.#take();
      // A UTF-16 unit is at most three bytes, and no character has more than four.
      const length = Math.min(rest.length * 3, PIECE);
      const pointer = slot.reserve(length);
      const target = bytes.subarray(pointer, pointer + length);
      const { read, written } = encoder.encodeInto(rest, target);
      rest = rest.slice(read);
      this.#parse(slot, written, undefined, deliver);
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
    const slot = this.#slot;
    this.#slot = undefined;
    if (slot?.owner === this) {
      slot.begin(0, 0, false);
      giveSlot(slot);
    }
  }

  #feedPiece(chunk: Uint8Array, deliver: Deliver): void {
    const slot = this.#take();
    const pointer = slot.reserve(chunk.length);
    bytes.set(chunk, pointer);
    this.#parse(slot, chunk.length, chunk, deliver);
  }

  /** The parser that has what is unfinished of this stream, or any that is between two events. */
  #take(): Slot {
    let slot = this.#slot;
    if (slot?.owner === this) {
      keep(slot);
    } else {
      slot = this.#slot = takeSlot(this);
      slot.begin(this.maxEventSize, this.#wants, this.#begun);
    }
    return slot;
  }

  /** Parses the bytes that have been written, and decodes them from `chunk` where they came from one. */
  #parse(slot: Slot, length: number, chunk: Uint8Array | undefined, deliver: Deliver): void {
    const start = slot.pointer;
    const table = slot.feed(length);
    if (slot.between) {
      offer(slot);
      this.#begun = true;
    }
    readTable(table, chunk ?? bytes.subarray(start, start + length), this, deliver);
  }
}

/** The error of an event that was too large. */
export function tooLarge(limit: number): EventSourceError {
  return new EventSourceError('event-too-large', `expected an event of at most ${limit} bytes, found a larger one`);
}
