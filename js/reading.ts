/** Reads the events of one response, to the end of its body. */
import { StreamParser } from './batch.js';
import type { ParseOptions } from './create-parser.js';
import type { ServerSentEvent } from './event.js';
import { type Found, isNote } from './found.js';

/** Takes events; the promise that it may return holds the reading, which is the backpressure. */
export type Take = (batch: readonly ServerSentEvent[]) => void | Promise<void>;

export class Reading {
  /** What the stream has set the reconnection time to, negative for nothing. */
  reconnectionTime = -1;
  /** Whether there was an event. */
  delivered = false;
  /** An event was too large: the stream is given up. */
  broken = false;
  /** Since when a read is pending, where that is watched; not while a consumer holds the reading. */
  since: number | undefined;
  /** The last event ID that it began with. */
  readonly firstEventId: string;
  readonly #parser: StreamParser;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #take: Take;
  /** The promise that the face holds the reading with. */
  #held: Promise<void> | undefined;
  /** The last event ID in front of an event that was too large: the parser has read on behind it. */
  #lastEventId = '';
  #cancelled = false;

  constructor(response: Response, options: ParseOptions, take: Take) {
    this.#parser = new StreamParser(options);
    this.firstEventId = this.#parser.lastEventId;
    this.#reader = response.body?.getReader();
    this.#take = take;
  }

  get lastEventId(): string {
    return this.broken ? this.#lastEventId : this.#parser.lastEventId;
  }

  /** Reads until the body ends, breaks off or is given up; `after` is called after each chunk, when its events are taken. */
  async toEnd(watched: boolean, after: () => void): Promise<void> {
    const deliver = (batch: readonly Found[], notes: number): void => this.#deliver(batch, notes);
    while (!this.#cancelled && !this.broken) {
      if (watched) this.since = performance.now();
      const result = await this.#reader?.read();
      this.since = undefined;
      if (!result || result.done) break;
      this.#parser.feed(result.value, deliver);
      if (this.#held) await this.#held;
      this.#held = undefined;
      after();
    }
  }

  /** Reads nothing more, also where a caller's fetch does not mind its signal. */
  cancel(): void {
    this.#cancelled = true;
    this.#reader?.cancel().catch(() => undefined);
  }

  free(): void {
    this.#parser.free();
  }

  #deliver(batch: readonly Found[], notes: number): void {
    if (this.broken) return;
    const events = notes ? this.#sort(batch) : (batch as ServerSentEvent[]);
    if (!events.length) return;
    this.delivered = true;
    if (this.#held) this.#held = this.#held.then(() => this.#take(events));
    else this.#held = this.#take(events) ?? undefined;
  }

  /** The events of a batch, up to a limit that one of them broke; what else it has is noted. */
  #sort(batch: readonly Found[]): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    for (const found of batch) {
      if (!isNote(found)) events.push(found);
      else if (found.kind === 'retry') this.reconnectionTime = found.milliseconds;
      else if (found.kind === 'error') {
        this.#lastEventId = found.text;
        this.broken = true;
        break;
      }
    }
    return events;
  }
}
