/** One reader of a channel: what it has missed first, then what comes. */
import type { ChannelStore } from './channel-store.js';
import type { EventInit } from './event-init.js';
import { type ChannelEvent, eventOf, framesOf, hasData, type Log, type Run } from './log.js';
import { type IdOf, type Page, readPage } from './page.js';
import { parsePosition, type Position, positionText } from './position.js';
import type { Refill, StreamWriter } from './stream-writer.js';

/** What a subscriber needs of its channel. */
export interface Feed {
  readonly log: Log;
  readonly store: ChannelStore | undefined;
  /** The id of the newest event. */
  headId(): string;
  readonly idOf: IdOf;
}

/** Events that were published in one turn, from one sequence to another. */
export class Batch {
  readonly #log: Log;
  readonly from: number;
  readonly to: number;
  // Made for who asks first, and shared.
  #run: Run | undefined;
  #events: readonly ChannelEvent[] | undefined;

  constructor(log: Log, from: number, to: number) {
    this.#log = log;
    this.from = from;
    this.to = to;
  }

  get run(): Run {
    return (this.#run ??= this.#log.run(this.from, this.to));
  }

  get events(): readonly ChannelEvent[] {
    return (this.#events ??= framesOf(this.run.chunk).map(eventOf));
  }
}

/** Whether a reader gets an event. */
export type Filter = (event: ChannelEvent) => boolean;

/** How much of the log is made a chunk at a time, in bytes. */
const PIECE = 64 * 1024;

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
  /**
   * The reader has missed events that are not kept, and is to be told before anything else; or it has been told, and been given nothing
   * since that it could come back with.
   */
  #gap: 'none' | 'due' | 'told' = 'none';
  /** Gives the reader a piece that it could not take: a filter has sent it something of its own. */
  #held: (() => void) | undefined;
  /** Where this reader has been, while the log has not come so far. */
  #ahead: Position | undefined;
  /** There will be no more than there is. */
  #finishing = false;
  readonly #left: (subscriber: Subscriber) => void;
  /** Nothing of its stream is left; until then, what waits for that. */
  #gone = false;
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
    this.#gone = true;
    for (const work of this.#atRelease) work();
  }

  /** Sends the reader away; resolves when nothing of its stream is left. */
  sendAway(): Promise<void> {
    const released = new Promise<void>((resolve) => (this.#gone ? resolve() : this.#atRelease.push(resolve)));
    this.writer.sendAway('drained');
    return released;
  }

  /** Goes on behind a position; where the reader asks for none that there ever was, with all that is kept. */
  resume(position: Position | undefined): void {
    this.#after = position && positionText(position);
    if (!position) this.#gap = 'due';
    this.#seek(position);
    if (this.#mode === 'waiting') {
      this.#gap = 'due';
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
    // What was published in this turn may be on its way to it.
    if (this.#mode !== 'live' || this.#sequence < this.#feed.log.end) return;
    const reason = { code: 'closed' } as const;
    // By the id of what was filtered out it is known, when it comes back, to have everything.
    if (this.#filter && !this.#ahead) this.writer.leave({ id: this.#feed.headId() }, reason);
    else this.writer.end(reason);
  }

  #tellGap(): void {
    this.#gap = 'told';
    void this.writer.send({ event: 'gap', data: { lastEventId: this.writer.lastEventId } });
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
    if (this.#mode === 'log') return;
    // What comes next comes at any time.
    if (this.#gap === 'due') this.#tellGap();
    if (this.#gap === 'told' && !this.#ahead) {
      // Nothing is kept behind the gap: it has missed no more, and need not be told again when it comes back.
      this.#gap = 'none';
      void this.writer.send({ id: this.#feed.headId() });
    }
  }

  /** Takes what was published in a turn. */
  deliver(batch: Batch): void {
    if (this.#mode !== 'live') return;
    // Some of it may have been in the log already when this reader had come to its end.
    const from = Math.max(batch.from, this.#sequence, this.#behindAhead(batch));
    if (from < batch.to) this.#take(batch, from);
    this.#sequence = Math.max(this.#sequence, batch.to);
    // A filter may have closed the channel.
    if (this.#finishing) this.finish();
  }

  #take(batch: Batch, from: number): void {
    if (this.#filter) {
      batch.events.forEach((event, at) => {
        if (batch.from + at >= from && this.#wants(event)) this.#share(batch.from + at, 1);
      });
    } else if (from > batch.from || !this.writer.offer(batch.run.chunk, batch.run.events)) {
      this.#share(from, batch.to - from);
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
    const held = this.#held;
    if (held) {
      this.#held = undefined;
      held();
    } else if (this.#gap === 'due') {
      this.#tellGap();
    } else if (this.#mode === 'log') {
      this.#replay();
    } else if (this.#mode === 'store') {
      this.#turnPage();
    } else if (this.#finishing) {
      this.finish();
    }
  }

  heartbeat(): EventInit {
    // What was filtered out was read, too. The newest event here may be behind what the reader has from another process.
    return this.#filter && this.#mode === 'live' && !this.#ahead ? { id: this.#feed.headId() } : { comment: '' };
  }

  /** Sends the next piece of the log that has something for this reader. */
  #replay(): void {
    const { log, store } = this.#feed;
    while (this.#mode === 'log' && !this.writer.ended) {
      if (this.#sequence < log.first) {
        // Forgotten while it was read: this reader is slower than the history is long.
        this.#sequence = log.first;
        if (store) this.#mode = 'store';
        else this.#gap = 'due';
        return this.more();
      }
      const { chunk, count, events } = log.run(this.#sequence, log.end, PIECE);
      const to = this.#sequence + count;
      if (store) this.#after = positionText(log.upTo(to));
      if (this.#give(this.#wanted(chunk, events), () => this.#go(to))) return;
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
      this.#gap = 'due';
      return this.more();
    }
    this.#page = undefined;
    if (!this.#give(this.#wanted(page.chunk, page.events), () => this.#goBehind(page))) this.more();
  }

  #goBehind(page: Page): void {
    this.#after = page.last ?? this.#after;
    const after = this.#after === undefined ? undefined : parsePosition(this.#after);
    this.#seek(after);
    if (page.last !== undefined) this.#passed = false;
    else if (this.#mode === 'store') this.#join(after);
  }

  /** Gives the reader a piece and goes on behind it: now, or when it can take it. False where there is nothing in it. */
  #give([piece, events]: [Uint8Array, number], goOn: () => void): boolean {
    if (piece.length && !this.writer.offer(piece, events)) {
      this.#held = () => this.#give([piece, events], goOn);
    } else {
      if (piece.length) this.#gap = 'none';
      goOn();
    }
    return piece.length > 0;
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
    if (after) this.#gap = 'due';
    this.#go(log.first);
  }

  /** Reads the next page of the store. */
  async #read(): Promise<void> {
    // Something else may have been sent meanwhile, such as a heartbeat, and the reader waits again.
    if (this.#reading) return;
    this.#reading = true;
    try {
      const { store, idOf } = this.#feed;
      this.#page = await readPage(store!, this.#after, idOf);
      this.#reading = false;
      this.writer.wake();
    } catch (cause) {
      this.writer.end({ code: 'failed', cause });
    }
  }

  #wanted(chunk: Uint8Array, events: number): [piece: Uint8Array, events: number] {
    if (!this.#filter) return [chunk, events];
    const wanted = framesOf(chunk).filter((frame) => this.#wants(eventOf(frame)));
    return [encoder.encode(wanted.join('')), wanted.filter(hasData).length];
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
