/** The newest events of a channel, as frames in wasm memory (see src/web/channel.rs). */
import type { StoredEvent } from './channel-store.js';
import { serverEngine, startServer } from './engine.js';
import { frameWriter } from './frames.js';
import { Numbers } from './numbers.js';
import { Keys, Outbox } from './outbox.js';
import type { Position } from './position.js';

/** How much of the past a channel keeps in memory: whatever is passed first. */
export interface HistoryInit {
  /** Events. Default 1000. */
  events?: number | undefined;
  /** Bytes of their frames. Default 1,048,576. */
  bytes?: number | undefined;
  /** Milliseconds since they were published. Default: no limit. */
  age?: number | undefined;
}

/** An event of a channel, as a reader gets it. */
export interface ChannelEvent {
  readonly type: string;
  readonly data: string;
  readonly lastEventId: string;
}

/** A frame larger than twice this does not keep its memory, in bytes. */
const KEEP = 64 * 1024;
const MAX_BYTES = 2 ** 32 - 1;
const numbers = new Numbers();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The limits of a history, all decided. */
export interface Limits {
  events: number;
  bytes: number;
  age: number;
}

/** What is kept in memory where nothing else is said. */
export const MEMORY: Readonly<Limits> = { events: 1000, bytes: 1024 * 1024, age: Infinity };

/** Throws for what are no limits. */
export function checkHistory(limits: Limits): Limits {
  for (const [name, value] of Object.entries(limits) as [string, unknown][]) {
    if (typeof value === 'number' && value >= 0) continue;
    throw new RangeError(`expected history.${name} to be a number that is not negative, found ${String(value)}`);
  }
  return limits;
}

/** Frames that lie one behind the other. */
export interface Run {
  readonly chunk: Uint8Array<ArrayBuffer>;
  readonly count: number;
  readonly events: number;
}

export class Log {
  readonly number = numbers.take(this);
  readonly keys = new Keys();
  /** Where the frame of an event is made. */
  readonly #outbox: Outbox;

  constructor(init: HistoryInit = {}) {
    const { events = MEMORY.events, bytes = MEMORY.bytes, age = MEMORY.age } = init;
    checkHistory({ events, bytes, age });
    startServer();
    this.#outbox = new Outbox(KEEP);
    serverEngine.channel(this.number, Math.min(events, MAX_BYTES), Math.min(bytes, MAX_BYTES), age);
  }

  /** Forgets everything; what comes next stands behind this position. */
  begin({ epoch, number }: Position): void {
    serverEngine.begin(this.number, epoch, number);
  }

  /** Appends an event under its id. Tells how many bytes its frame has. */
  append(event: StoredEvent, id: string, position: Position, at: number): number {
    frameWriter().write(this.#outbox, [{ ...event, id }]);
    return this.#append(position, at, this.keys.of(event.key ?? event.event ?? ''));
  }

  /** Appends a frame as it was. */
  restore(frame: string, position: Position, at: number): void {
    // One without its end would become a part of the next.
    if (frameWriter().relay(this.#outbox, new TextEncoder().encode(frame))) {
      throw new TypeError(`expected whole frames, found ${JSON.stringify(frame.slice(-20))}`);
    }
    this.#append(position, at, 0);
  }

  #append({ epoch, number }: Position, at: number, key: number): number {
    const bytes = this.#outbox.length;
    serverEngine.append(this.number, this.#outbox.number, epoch, number, at, key);
    this.#outbox.wrote(0, 0, 1);
    return bytes;
  }

  /** The sequence of the oldest event that is kept. */
  get first(): number {
    return serverEngine.first(this.number);
  }

  /** The sequence that the next event will have. */
  get end(): number {
    return serverEngine.end(this.number);
  }

  /** The sequence of what a reader misses that has read up to a position; `undefined` where that is not kept. */
  behind({ epoch, number }: Position): number | undefined {
    const sequence = serverEngine.behind(this.number, epoch, number, Date.now());
    return sequence < 0 ? undefined : sequence;
  }

  /** Everything before this sequence has been handed to the readers that are here, and may be forgotten. */
  deliver(sequence: number): void {
    serverEngine.deliver(this.number, sequence, Date.now());
  }

  /**
   * The frames from one sequence to another, as many as there is room for, but one at least if there is one; how many they are, and
   * how many of them have data.
   */
  run(from: number, to: number, maxBytes = MAX_BYTES): Run {
    const count = serverEngine.run(this.number, from, to, maxBytes);
    const writer = frameWriter();
    return { chunk: writer.told(), count, events: writer.toldEvents };
  }

  /** The position before the oldest event. */
  get before(): Position {
    return this.upTo(this.first);
  }

  /** How far a reader has come that goes on with a sequence. */
  upTo(sequence: number): Position {
    const epoch = serverEngine.epoch_up_to(this.number, sequence);
    return { epoch, number: serverEngine.number_up_to(this.number, sequence) };
  }

  /** Whether everything in it stands before a position. */
  isBefore({ epoch, number }: Position): boolean {
    return serverEngine.is_before(this.number, epoch, number);
  }

  /** When the event with this sequence was published, by `Date.now()`. */
  published(sequence: number): number {
    return serverEngine.published(this.number, sequence);
  }
}

/** What a reader makes of a frame that the encoder has made. */
export function eventOf(frame: string): ChannelEvent {
  let [type, lastEventId] = ['message', ''];
  const data: string[] = [];
  for (const line of frame.split('\n')) {
    if (line.startsWith('data: ')) data.push(line.slice(6));
    else if (line.startsWith('event: ')) type = line.slice(7);
    else if (line.startsWith('id: ')) lastEventId = line.slice(4);
  }
  return { type, data: data.join('\n'), lastEventId };
}

/** Whether a frame that the encoder has made has data. */
export function hasData(frame: string): boolean {
  return /^data: /m.test(frame);
}

/** The text of each frame. They have no empty line but their last. */
export function framesOf(chunk: Uint8Array): string[] {
  return chunk.length ? decoder.decode(chunk).split(/(?<=\n\n)/) : [];
}
