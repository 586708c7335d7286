/** One reader of a channel: what it has missed first, then what comes. */
import type { ChannelStore, StoredEntry } from './channel-store.js';
import { leftOut } from './following.js';
import { encode, type EventInit } from './frames.js';
import { type ChannelEvent, eventOf, framesOf, type Log } from './log.js';
import { parsePosition, type Position, positionText } from './position.js';
import type { Refill, StreamWriter } from './stream-writer.js';

/** What a subscriber needs of its channel. */
export interface Feed {
  readonly log: Log;
  readonly store: ChannelStore | undefined;
  /** The id of the newest event. */
  headId(): string;
  idOf(position: string): string | Promise<string>;
}

/** Events that were published in one turn, from one sequence to another. */
export class Batch {
  readonly #log: Log;
  readonly from: number;
  readonly to: number;
  // Made for who asks first, and shared.
  #chunk: Uint8Array | undefined;
  #events: readonly ChannelEvent[] | undefined;

  constructor(log: Log, from: number, to: number) {
    this.#log = log;
    this.from = from;
    this.to = to;
  }

  get chunk(): Uint8Array {
    return (this.#chunk ??= this.#log.run(this.from, this.to).chunk);
  }

  get events(): readonly ChannelEvent[] {
    return (this.#events ??= framesOf(this.chunk).map(eventOf));
  }
}

/** What has been read of a store. */
interface Page {
  readonly chunk: Uint8Array;
  readonly count: number;
  /** Up to where, unless there was nothing. */
  readonly last: string | undefined;
  readonly gap: boolean;
}

/** Whether a reader gets an event. */
export type Filter = (event: ChannelEvent) => boolean;

/** How much of the past is made a chunk at a time, in bytes and in events. */
const PIECE = 64 * 1024;
const PAGE = 256;

const encoder = new TextEncoder();

export class Subscriber implements Refill {
  readonly writer: StreamWriter;
  readonly #feed: Feed;
  readonly #filter: Filter | undefined;
  /**
   * How it goes on: not at all yet, by what comes, from a sequence of the log, or from the store, behind a position or with the
   * oldest that is kept.
   */
  #mode: 'waiting' | 'live' | 'log' | 'store' = 'waiting';
  #sequence = 0;
  #after: string | undefined;
  /** The next page of the store, until the reader takes it. What it is behind is known, so that it may wait. */
  #page: Page | undefined;
  /** One is being read. */
  #reading = false;
  /** The store had nothing behind where the reader is, and the log has gone past that meanwhile. */
  #passed = false;
  /** The reader has missed events that are not kept, and is to be told before anything else. */
  #gap = false;
  /** Where this reader has been, while the log has not come so far. */
  #ahead: Position | undefined;
  /** There will be no more than there is. */
  #finishing = false;
  readonly #left: (subscriber: Subscriber) => void;
  /** Waits until nothing of it is left. */
  #atRelease: (() => void)[] = [];

  /** When the stream has ended, `left` is called. */
  constructor(feed: Feed, writer: StreamWriter, filter: Filter | undefined, left: (subscriber: Subscriber) => void) {
    this.#feed = feed;
    this.writer = writer;
    this.#filter = filter;
    this.#left = left;
    writer.refill = this;
  }

  ended(): void {
    this.#left(this);
  }

  released(): void {
    for (const work of this.#atRelease) work();
  }

  /** Sends the reader away; resolves when nothing of its stream is left. */
  sendAway(): Promise<void> {
    const released = new Promise<void>((resolve) => this.#atRelease.push(resolve));
    this.writer.sendAway('drained');
    return released;
  }

  /** Goes on behind a position; where the reader asks for none that there ever was, with all that is kept. */
  resume(position: Position | undefined): void {
    this.#after = position && positionText(position);
    this.#gap = !position;
    this.#seek(position);
    if (this.#mode === 'waiting') {
      this.#gap = true;
      this.#go(this.#feed.log.first);
    }
    this.writer.wake();
  }

  /** Begins with what comes behind a position. The reader is given its id, so that it can come back before any event came. */
  begin(position: Position, id: string): void {
    void this.writer.send({ id });
    this.resume(position);
  }

  /** Ends the stream once the reader has all that there is. */
  finish(): void {
    this.#finishing = true;
    if (this.#mode === 'live') this.#close();
  }

  #close(): void {
    // By the id of what was filtered out it is known, when it comes back, to have everything.
    if (this.#filter && !this.#ahead) void this.writer.send({ id: this.#feed.headId() });
    this.writer.close();
  }

  /** Finds where a position is kept. */
  #seek(position: Position | undefined): void {
    const sequence = position && this.#feed.log.behind(position);
    if (sequence !== undefined) this.#go(sequence);
    else if (this.#feed.store) this.#mode = 'store';
  }

  /** Goes on with a sequence of the log. */
  #go(sequence: number): void {
    this.#sequence = sequence;
    this.#mode = sequence < this.#feed.log.end ? 'log' : 'live';
  }

  /** Takes what was published in a turn. */
  deliver(batch: Batch): void {
    // Some of it may have been in the log already when this reader had come to its end.
    const from = Math.max(batch.from, this.#sequence, this.#behindAhead(batch));
    const count = batch.to - from;
    if (this.#mode !== 'live' || count <= 0) return;
    this.#sequence = batch.to;
    if (this.#filter) {
      batch.events.forEach((event, at) => {
        if (batch.from + at >= from && this.#wants(event)) this.#share(batch.from + at, 1);
      });
    } else if (from > batch.from || !this.writer.offer(batch.chunk, count)) {
      this.#share(from, count);
    }
  }

  /** The first sequence of a batch that this reader has not had from another process. */
  #behindAhead(batch: Batch): number {
    if (!this.#ahead) return 0;
    const sequence = this.#feed.log.behind(this.#ahead);
    if (sequence === undefined) return batch.to;
    this.#ahead = undefined;
    return sequence;
  }

  #share(from: number, count: number): void {
    this.writer.share(this.#feed.log.number, from, count);
  }

  more(): void {
    if (this.#gap) {
      this.#gap = false;
      void this.writer.send({ event: 'gap', data: { lastEventId: this.writer.lastEventId } });
    } else if (this.#mode === 'log') {
      this.#replay();
    } else if (this.#mode === 'store') {
      this.#turnPage();
    } else if (this.#finishing) {
      this.#close();
    }
  }

  heartbeat(): EventInit {
    // What was filtered out was read, too. The newest event here may be behind what the reader has from another process.
    return this.#filter && this.#mode === 'live' && !this.#ahead ? { id: this.#feed.headId() } : { comment: '' };
  }

  /** Sends the next piece of the log that has something for this reader. */
  #replay(): void {
    const { log, store } = this.#feed;
    while (this.#mode === 'log') {
      if (this.#sequence < log.first) {
        // Forgotten while it was read: this reader is slower than the history is long.
        this.#sequence = log.first;
        if (store) this.#mode = 'store';
        else this.#gap = true;
        return this.more();
      }
      const { chunk, count } = log.run(this.#sequence, log.end, PIECE);
      const [piece, events] = this.#wanted(chunk, count);
      this.#go(this.#sequence + count);
      if (store) this.#after = positionText(log.upTo(this.#sequence));
      if (events && this.writer.offer(piece, events)) return;
    }
    // Everything that was left has been filtered out.
    this.more();
  }

  /** Sends the page of the store that is there, or has the next one read. */
  #turnPage(): void {
    const page = this.#page;
    if (!page) return void this.#read();
    if (page.gap && this.#after !== undefined) {
      this.#after = undefined;
      this.#gap = true;
      return this.more();
    }
    this.#page = undefined;
    const [piece, events] = this.#wanted(page.chunk, page.count);
    this.#after = page.last ?? this.#after;
    const after = this.#after === undefined ? undefined : parsePosition(this.#after);
    this.#seek(after);
    if (page.last !== undefined) this.#passed = false;
    else if (this.#mode === 'store') this.#join(after);
    if (!events || !this.writer.offer(piece, events)) this.more();
  }

  /** Goes on with the log, of which the store had nothing behind where this reader is. */
  #join(after: Position | undefined): void {
    const { log } = this.#feed;
    if (after && log.isBefore(after)) {
      // It has yet to come to where this reader has been, in another process.
      this.#ahead = after;
      return this.#go(log.end);
    }
    // It may have gone past that since the page was read: then the store has more now.
    const again = after && !this.#passed;
    this.#passed = true;
    if (again) return;
    this.#gap ||= after !== undefined;
    this.#go(log.first);
  }

  /** Reads the next page of the store. */
  async #read(): Promise<void> {
    // Something else may have been sent meanwhile, such as a heartbeat, and the reader waits again.
    if (this.#reading) return;
    this.#reading = true;
    try {
      const { entries, gap } = await this.#feed.store!.read(this.#after, PAGE);
      const [chunk, count] = await framesFrom(entries, this.#feed);
      this.#page = { chunk, count, last: entries.at(-1)?.position, gap };
      this.#reading = false;
      this.writer.wake();
    } catch (cause) {
      this.writer.end({ code: 'failed', cause });
    }
  }

  #wanted(chunk: Uint8Array, count: number): [Uint8Array, number] {
    if (!this.#filter) return [chunk, count];
    const wanted = framesOf(chunk).filter((frame) => this.#wants(eventOf(frame)));
    return [encoder.encode(wanted.join('')), wanted.length];
  }

  /** A filter that throws ends the stream it is for, and no other. */
  #wants(event: ChannelEvent): boolean {
    try {
      return !this.writer.ended && this.#filter!(event);
    } catch (cause) {
      this.writer.end({ code: 'failed', cause });
      return false;
    }
  }
}

/** The frames of events that a store has kept. One that cannot be sent is left out. */
async function framesFrom(entries: readonly StoredEntry[], feed: Feed): Promise<[chunk: Uint8Array, count: number]> {
  const ids = await Promise.all(entries.map(async ({ position }) => await feed.idOf(position)));
  const events = entries.map(({ event }, at) => ({ ...event, id: ids[at]! }));
  try {
    return [encode(events), events.length];
  } catch {
    const sent = events.filter(canBeSent);
    return [encode(sent), sent.length];
  }
}

function canBeSent(event: EventInit): boolean {
  try {
    encode(event);
    return true;
  } catch (error) {
    leftOut(error);
    return false;
  }
}
