/** Frames on their way to one reader, in wasm memory (see src/web/server.rs). */
import { serverEngine, startServer } from './engine.js';
import { Numbers } from './numbers.js';

/**
 * What happens to an event while `maxBuffer` bytes wait for the reader or more:
 *
 * - `'wait'`: it is taken, and `send` waits until there is room (where the producer does not wait for that, and 256 MiB have come
 *   together, the stream ends with the reason `'slow-consumer'`);
 * - `'drop-oldest'`: it is taken, and the oldest events that wait are dropped for it;
 * - `'drop-newest'`: it is dropped;
 * - `'latest-per-key'`: it is taken, and the oldest events that wait under the same `key` are dropped for it; where that does not
 *   make room, the oldest of all;
 * - `'disconnect'`: it is dropped, and the stream ends with the reason `'slow-consumer'`.
 *
 * No policy holds more than `maxBuffer` bytes and one event.
 */
export type Overflow = 'wait' | 'drop-oldest' | 'drop-newest' | 'latest-per-key' | 'disconnect';

/** In the order of their numbers in src/web/server.rs. */
const POLICIES: readonly Overflow[] = ['wait', 'drop-oldest', 'drop-newest', 'latest-per-key', 'disconnect'];

// The states of an outbox, as in src/web/server.rs.
const ROOM = 1;
const OVERFLOWED = 2;

/** Keys beyond this are forgotten: one that comes again has another number then, and is not taken for the newer one. */
const MAX_KEYS = 10_000;

const numbers = new Numbers();

/** Throws for what is no policy. */
export function checkOverflow(overflow: unknown): Overflow {
  if ((POLICIES as readonly unknown[]).includes(overflow)) return overflow as Overflow;
  throw new TypeError(`expected overflow to be ${POLICIES.join(', ')}, found ${String(overflow)}`);
}

/** Numbers that stand for keys. */
export class Keys {
  readonly #numbers = new Map<string, number>();
  /** Given on: no number is used again for another key. */
  #next = 0;

  of(key: string): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      if (this.#numbers.size === MAX_KEYS) this.#numbers.clear();
      this.#numbers.set(key, (number = this.#next++));
    }
    return number;
  }
}

export class Outbox {
  readonly number = numbers.take(this);
  /** What the events are numbered by that replace each other. */
  readonly keys: Keys | undefined;
  /** How many bytes wait, and, where nothing is dropped, where they are. */
  length = 0;
  pointer = 0;
  /** Whether another event may be written without waiting. */
  hasRoom = true;
  /** An event did not fit, and the stream is to end for it. */
  overflowed = false;
  /** Nothing is to be written any more; once it has been given back, another one may have its number. */
  ended = false;
  /** Whether who writes waits for room, so that nothing is dropped. */
  readonly waits: boolean;

  constructor(maxBuffer: number, overflow: Overflow = 'wait', keys?: Keys) {
    startServer();
    if (overflow === 'latest-per-key') this.keys = keys ?? new Keys();
    this.waits = overflow === 'wait';
    serverEngine.open(this.number, maxBuffer, POLICIES.indexOf(overflow));
  }

  /** What the engine tells after it has been written to. */
  wrote(pointer: number, length: number, state: number): void {
    this.pointer = pointer;
    this.length = length;
    this.hasRoom = state === ROOM || !this.waits;
    this.overflowed = state === OVERFLOWED;
  }

  /** What waits has left. */
  clear(): void {
    this.length = 0;
    this.hasRoom = true;
    serverEngine.clear(this.number);
  }

  free(): void {
    this.ended = true;
    this.length = 0;
    serverEngine.open(this.number, 0, 0);
    numbers.give(this, this.number);
  }
}
