import type { ServerSentEvent } from './event.js';

/** How much a ring keeps, in UTF-16 units; an event counts as its data and {@link OVERHEAD}. */
const ROOM = 1 << 20;
const OVERHEAD = 100;

/** The latest events of a stream, by their numbers: the first event that a stream has is 1. */
export class Ring {
  /** The number before the first event that is kept. */
  start: number;
  /** The last event ID at `start`. */
  base: string;
  readonly #events: ServerSentEvent[] = [];
  #size = 0;

  constructor(start: number, base: string) {
    this.start = start;
    this.base = base;
  }

  /** The number of the latest event. */
  get end(): number {
    return this.start + this.#events.length;
  }

  /** The last event ID behind it. */
  get id(): string {
    return this.#events.at(-1)?.lastEventId ?? this.base;
  }

  push(events: readonly ServerSentEvent[]): void {
    for (const event of events) {
      this.#events.push(event);
      this.#size += cost(event);
    }
    let over = 0;
    // The latest stays, however large it is.
    while (this.#size > ROOM && over < this.#events.length - 1) this.#size -= cost(this.#events[over++]!);
    if (over) this.base = this.#events.splice(0, over).at(-1)!.lastEventId;
    this.start += over;
  }

  /** The events behind a number; `undefined` where they are no longer all kept. */
  after(number: number): readonly ServerSentEvent[] | undefined {
    return number < this.start ? undefined : this.#events.slice(number - this.start);
  }

  /**
   * The number behind which a stream goes on that is resumed by this id: that of the event that has set it, not of those
   * behind it that had none of their own. `undefined` where it is no longer kept.
   */
  find(id: string): number | undefined {
    let at = this.#events.findLastIndex((event) => event.lastEventId === id);
    while (at > 0 && this.#events[at - 1]!.lastEventId === id) at--;
    if (at > 0 || (at === 0 && this.base !== id)) return this.start + at + 1;
    return this.base === id ? this.start : undefined;
  }
}

function cost({ data }: ServerSentEvent): number {
  return data.length + OVERHEAD;
}
