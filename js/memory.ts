/** The wasm memory that chunks are written to and tables are read from, and the parsers in it. */
import { parserEngine } from './engine.js';
import { Numbers } from './numbers.js';

/** A flag of the table that says so. */
const BETWEEN = 1;

/** A parser in wasm memory, and the stream that it has begun. */
export class Slot {
  /** Whose stream it is; a slot that has been taken over belongs to another. */
  owner: object | undefined;
  /** Where the next chunk is to be written, and how many bytes it may have before room has to be made. */
  pointer = 0;
  room = 0;
  /** Not 0: its stream is between two events, and another one may go on with it. */
  between = 0;
  readonly #number = numbers.take(this);

  /** Begins a stream, or goes on between two events of one. */
  begin(maxEventSize: number, wants: number, inStream: boolean): void {
    parserEngine.begin(this.#number, maxEventSize, wants, inStream);
    this.room = 0;
  }

  /** Where so many bytes can be written. */
  reserve(length: number): number {
    if (length > this.room) this.pointer = parserEngine.reserve(this.#number, length) >>> 0;
    refresh();
    return this.pointer;
  }

  /** Reads so many bytes that have been written; tells at which of the words the table is. */
  feed(length: number): number {
    const table = parserEngine.feed(this.#number, length) >>> 2;
    // A view from before the call may be dead.
    refresh();
    this.between = words[table + 1]! & BETWEEN;
    this.pointer = words[table + 4]!;
    this.room = words[table + 5]!;
    return table;
  }

  /** Gives its place back. */
  free(): void {
    numbers.give(this, this.#number);
  }
}

const numbers = new Numbers();
/** A parser that is between two events. The next stream may take it over: streams that come one after the other share one. */
let idle: Slot | undefined;

/** A parser for a stream of its own: the idle one, or another. */
export function takeSlot(owner: object): Slot {
  const slot = idle ?? new Slot();
  idle = undefined;
  slot.owner = owner;
  return slot;
}

/** A stream is between two events: whoever comes next may have its slot. */
export function offer(slot: Slot): void {
  idle ??= slot;
}

/** The owner of a slot goes on with it. */
export function keep(slot: Slot): void {
  if (idle === slot) idle = undefined;
}

/** Takes a parser back that is not to be used by its owner any more. */
export function giveSlot(slot: Slot): void {
  slot.owner = undefined;
  offer(slot);
  if (idle !== slot) slot.free();
}

export let bytes = new Uint8Array();
export let words = new Uint32Array();

/**
 * Views on the memory die when it grows, also within a call. A dead one has no length, which is 5 ns to see; asking the memory
 * for its buffer is 41.
 */
function refresh(): void {
  if (bytes.length) return;
  const { buffer } = parserEngine.memory;
  bytes = new Uint8Array(buffer);
  words = new Uint32Array(buffer);
}
