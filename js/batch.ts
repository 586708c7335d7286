/** The reading side of the boundary: one chunk in, one table out (its layout is that of src/web/batch.rs). */
import { startParser } from './engine.js';
import { EventSourceError } from './error.js';
import { ServerSentEvent } from './event.js';
import { bytes, giveSlot, keep, offer, type Slot, takeSlot, words } from './memory.js';
import { BETWEEN, EVENT, HEADER, ID, KIND, LAST_EVENT_ID, NOTES, PARTS, partsAt, textOf, TYPE } from './table.js';

/** What a parser finds beside events. */
export class Note {
  constructor(
    readonly kind: 'comment' | 'retry' | 'error' | 'field',
    readonly text: string,
    readonly milliseconds = 0,
  ) {}
}
/** One thing found in a stream. */
export type Found = ServerSentEvent | Note;
/** Takes what a chunk completed, in order; never an empty batch. Where there are no notes, all of it are events. */
export type Deliver = (batch: readonly Found[], notes: number) => void;

/** What a parser is asked for beside events. */
export const COMMENTS = 1;
export const FIELDS = 2;

/** By what it has: `instanceof` takes 3 ns an event. */
export function isNote(found: Found): found is Note {
  return (found as Note).kind !== undefined;
}

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
    slot.pointer = words[table + 4]!;
    slot.room = words[table + 5]!;
    if (words[table + 1]! & BETWEEN) {
      offer(slot);
      this.#begun = true;
    }
    if (words[table]) this.#read(table, chunk ?? bytes.subarray(start, start + length), deliver);
  }

  /** All strings are made before anything is handed over: what a listener does can't touch the table any more. */
  #read(table: number, chunk: Uint8Array, deliver: Deliver): void {
    const text = textOf(table, chunk);
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
        const data = kind & PARTS ? partsAt(table, at) : text.slice(from, to);
        let type = 'message';
        if (kind & ID) {
          at += 2;
          lastEventId = text.slice(words[at + 1]!, words[at + 2]!);
        }
        if (kind & TYPE) {
          at += 2;
          type = text.slice(words[at + 1]!, words[at + 2]!) || type;
        }
        batch[index++] = new ServerSentEvent(type, data, lastEventId);
      } else if ((kind & KIND) === LAST_EVENT_ID) {
        lastEventId = text.slice(from, to);
      } else {
        notes++;
        const note = NOTES[(kind & KIND) as keyof typeof NOTES];
        batch[index++] =
          note === 'retry'
            ? // A number of digits without limit becomes one that is exact.
              new Note(note, '', Math.min(from + to * 2 ** 32, Number.MAX_SAFE_INTEGER))
            : // In place of the text that an error has not: the id that the stream has come to.
              new Note(note, note === 'error' ? lastEventId : text.slice(from, to));
      }
    }
    this.lastEventId = lastEventId;
    if (index) deliver(batch, notes);
  }
}

/** The error of an event that was too large. */
export function tooLarge(limit: number): EventSourceError {
  return new EventSourceError('event-too-large', `expected an event of at most ${limit} bytes, found a larger one`);
}
