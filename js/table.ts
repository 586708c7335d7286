/** The table of what a chunk completed (its layout is that of src/web/batch.rs), and the text that it cuts. */
import { bytes as memory, words } from './memory.js';

export const HEADER = 8;
export const BETWEEN = 1;
export const ELSEWHERE = 1 << 1;
export const NOT_ASCII = 1 << 2;
export const ODD = 1 << 3;
export const KIND = 7;
export const EVENT = 0;
export const LAST_EVENT_ID = 2;
export const RETRY = 3;
/** What a note is, by the kind of its entry. */
export const NOTES = { 1: 'comment', 3: 'retry', 4: 'error', 5: 'field' } as const;
export const ID = 1 << 3;
export const TYPE = 1 << 4;
export const PARTS = 1 << 5;

const CR = 13;

// The standard's byte order mark is the parser's to strip, once a stream and not once a chunk.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A text, or bytes that are cut before they are decoded. */
export interface Sliceable {
  slice(start: number, end: number): string;
}

/** The text of a table that is not just an ASCII chunk. */
export function textOf(table: number, chunk: Uint8Array): Sliceable {
  const flags = words[table + 1]! & ~BETWEEN;
  // ASCII, and all in this chunk, is what nearly every chunk is: bytes are units.
  if (!flags) return decoder.decode(chunk);
  const [start, length] = [words[table + 2]!, words[table + 3]!];
  let bytes = flags & ELSEWHERE ? memory.subarray(start, start + length) : chunk;
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

/** The data that was put together of parts, whose range is behind the word at `at`. */
export function partsAt(table: number, at: number): string {
  const start = words[table + 6]!;
  return decoder.decode(memory.subarray(start + words[at + 1]!, start + words[at + 2]!));
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
