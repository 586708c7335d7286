/** The table of what a chunk completed (its layout is that of src/web/batch.rs), and how it is read. */
import { ServerSentEvent } from './event.js';
import { type Deliver, type Found, Note } from './found.js';
import { bytes as memory, words } from './memory.js';

// All of this module alone: V8 loads and checks a constant of another one at each use, which was 12 ns of a chunk of one event.
const HEADER = 8;
const ELSEWHERE = 1 << 1;
const NOT_ASCII = 1 << 2;
const ODD = 1 << 3;
const KIND = 7;
const EVENT = 0;
const LAST_EVENT_ID = 2;
/** What a note is, by the kind of its entry. */
const NOTES = { 1: 'comment', 3: 'retry', 4: 'error', 5: 'field' } as const;
const ID = 1 << 3;
const TYPE = 1 << 4;
const PARTS = 1 << 5;

/** Ids and types are, as a rule. */
const SHORT = 8;
/** What Chromium decodes at once. */
const LARGE = 256 * 1024;

// The standard's byte order mark is the parser's to strip, once a stream and not once a chunk.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A text, or bytes that are cut before they are decoded. */
interface Sliceable {
  slice(start: number, end: number): string;
}

/**
 * Hands over what a table has, and notes the last event ID. All strings are made before that: what a listener does can't touch
 * the table any more.
 */
export function readTable(table: number, chunk: Uint8Array, stream: { lastEventId: string }, deliver: Deliver): void {
  const view = words;
  const length = view[table]!;
  if (!length) return;
  const text = textOf(table, chunk);
  const parts = view[table + 6]!;
  // Of its final length: growing by `push` made an event cost 16 ns instead of 6.
  const batch = new Array<Found>(view[table + 7]!);
  const end = table + HEADER + length;
  let { lastEventId } = stream;
  let index = 0;
  let notes = 0;
  for (let at = table + HEADER; at < end; at += 3) {
    const kind = view[at]!;
    const from = view[at + 1]!;
    const to = view[at + 2]!;
    if ((kind & KIND) === EVENT) {
      // Of parts that were put together: a range of those.
      const data = kind & PARTS ? decode(memory.subarray(parts + from, parts + to)) : text.slice(from, to);
      let type = 'message';
      if (kind & ID) {
        at += 2;
        lastEventId = text.slice(view[at + 1]!, view[at + 2]!);
      }
      if (kind & TYPE) {
        at += 2;
        type = text.slice(view[at + 1]!, view[at + 2]!) || type;
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
  stream.lastEventId = lastEventId;
  if (index) deliver(batch, notes);
}

/** The text that a table cuts. */
function textOf(table: number, chunk: Uint8Array): Sliceable {
  const flags = words[table + 1]!;
  // ASCII, and all in this chunk, is what nearly every chunk is: bytes are units.
  if (!(flags & (ELSEWHERE | NOT_ASCII))) return decoder.decode(chunk);
  const start = words[table + 2]!;
  const length = words[table + 3]!;
  let bytes = flags & ELSEWHERE ? memory.subarray(start, start + length) : chunk;
  if (bytes.length > length) bytes = bytes.subarray(0, length);
  if (flags & NOT_ASCII && flags & ODD) return piecesOf(bytes);
  const text = decode(bytes);
  if (flags & NOT_ASCII) measure(table, bytes, text);
  return text;
}

/**
 * Turns the table's places in the bytes of a text into places in the text, where it has nothing odd.
 *
 * Between two values then lies nothing but ASCII, and a value ends at the text's next line end, for which engines have a fast
 * search. What is not UTF-8 makes no difference: line ends are never a part of what is replaced.
 */
function measure(table: number, bytes: Uint8Array, text: string): void {
  const view = words;
  const end = table + HEADER + view[table]!;
  // Where it is: in UTF-16 units, and how many bytes more that is.
  let unit = 0;
  let excess = 0;
  for (let at = table + HEADER; at < end;) {
    const kind = view[at]!;
    const data = at + 1;
    at += 3;
    let value = at;
    let step = 2;
    at += (kind & ID && 2) + (kind & TYPE && 2);
    // Id and type in the order in which they lie, and the data behind them.
    if (value + 4 === at && view[value + 2]! < view[value]!) {
      value += 2;
      step = -2;
    }
    for (let left = at - data; left > 0; left -= 2) {
      if (left === 2) value = data;
      const from = view[value]!;
      const to = view[value + 1]!;
      view[value] = unit = from - excess;
      // A search is 14 ns, which the last value and short ASCII ones can do without.
      if (left === 2 && at === end) unit = text.length - (bytes.length - to);
      else if (isShortAscii(bytes, from, to)) unit += to - from;
      else unit = text.indexOf(String.fromCharCode(bytes[to]!), unit);
      view[value + 1] = unit;
      excess = to - unit;
      value += step;
    }
  }
}

/** Whether it is known at a glance that bytes are units. */
function isShortAscii(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > SHORT) return false;
  while (from < to && bytes[from]! < 0x80) from++;
  return from === to;
}

/**
 * Decodes what may be large. Chromium maps memory anew for each string near a megabyte: an event of 1 MB takes 0.75 ms, and 0.42
 * in parts that are joined. In Node a string of parts would take ten times as long.
 */
function decode(bytes: Uint8Array): string {
  return bytes.length > LARGE && globalThis.navigator?.userAgent.includes('Chrome')
    ? decoder.decode(bytes.subarray(0, LARGE), { stream: true }) + decode(bytes.subarray(LARGE))
    : decoder.decode(bytes);
}

/** A text with more in it than values and line ends: each value is decoded for itself. */
function piecesOf(bytes: Uint8Array): Sliceable {
  return { slice: (start, end) => decode(bytes.subarray(start, end)) };
}
