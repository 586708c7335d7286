/** One source, many streams: what is published goes to everybody who reads, and to those who come back for it. */
import { type ChannelInit, type ChannelSnapshot, given, type SubscribeInit } from './channel-init.js';
import type { ChannelStore, StoredEntry, StoredEvent } from './channel-store.js';
import { EventSourceError } from './error.js';
import { Fanout } from './fanout.js';
import { Following } from './following.js';
import { type EventInit, storedEvent } from './event-init.js';
import { encode } from './frames.js';
import { eventOf, framesOf, Log } from './log.js';
import { noMoreEvents } from './no-more-events.js';
import { type Position, parsePosition, positionText } from './position.js';
import { checkFunctions, lastEventId, orEnd, period, respond, type ResponseInit } from './respond.js';
import { Signer } from './signature.js';
import { type Feed, Subscriber } from './subscriber.js';

/** After so many bytes a publisher waits until those who read have had a chance to. */
const BREATH = 32 * 1024;

/**
 * A source of events for many readers. Each event gets an id; a reader that comes back with the id of the last one it got, which is
 * what `EventSource` does by itself, gets all that it has missed and then what comes, without a gap and without a repeat. Where
 * that is not kept any more, it is told by an event of the type `gap`, whose data is JSON, `{ lastEventId }`, and gets all that is
 * kept.
 *
 * An event is encoded once, and its bytes are shared by all readers that keep up: a chunk of a response is to be read only, and its
 * buffer not to be transferred. One that does not, and has `maxBuffer` bytes
 * waiting, is disconnected, unless `overflow` says otherwise, and gets what it has missed when it comes back.
 *
 * @example
 * const prices = new Channel({ history: { events: 5000 } });
 * setInterval(() => prices.publish({ event: 'price', data: quote() }), 1000);
 * export default { fetch: (request) => prices.subscribe(request) };
 */
export class Channel {
  readonly #defaults: ResponseInit;
  readonly #log: Log;
  readonly #store: ChannelStore | undefined;
  readonly #signer: Signer | undefined;
  readonly #feed: Feed;
  readonly #fanout: Fanout;
  /** The position of the newest event here, once that is known, and its id. */
  #head: Position | undefined;
  #headId = '';
  /** Bytes since a publisher has waited. */
  #published = 0;
  /** Set while it is found out where the newest event is; `true` once that is known. */
  #opened: Promise<void> | boolean = false;
  /** What is published goes on in the order in which it came. */
  #tail: Promise<unknown> = Promise.resolve();
  /** Of a store that others append to, while anybody reads. */
  #following: Following | undefined;
  /** Set once the channel is closed: resolves when what was published before that is here. */
  #ended: Promise<void> | undefined;
  /** There is nothing behind `#headId` that was published before the channel was closed. */
  #through = false;
  /** Those who were ended by `close` or `drain`, and may still have to take what was sent. */
  #leaving: readonly Subscriber[] = [];
  #state: 'open' | 'draining' | 'closed' = 'open';

  /** @throws TypeError or RangeError when an option is not what it should be. */
  constructor(init: ChannelInit = {}) {
    const { history, store, ids, ...defaults } = init;
    this.#defaults = { overflow: 'disconnect', ...given(defaults) };
    this.#log = new Log(history);
    this.#fanout = new Fanout(this.#log);
    this.#store = store;
    this.#signer = ids && new Signer(ids.secret);
    this.#feed = {
      log: this.#log,
      store,
      headId: () => this.#headId,
      idOf: (position) => this.#signer?.sign(position) ?? position,
    };
  }

  /** How many streams read. */
  get size(): number {
    return this.#fanout.size;
  }

  /**
   * Publishes an event. The promise resolves with its id when it is kept and on its way, and, after much has been published in one
   * go, when those who read have had a chance to: a loop that awaits it does not outrun readers that keep up.
   *
   * @throws EventSourceError `'invalid-event'` or `'invalid-retry'` before anything is kept; `'closed'` when the channel is closed.
   * @throws TypeError when the event has an id, which is the channel's to give, or data without a JSON form.
   */
  async publish(event: EventInit): Promise<string> {
    if (this.#state === 'closed') throw new EventSourceError('closed', 'expected an open channel, found it closed');
    const stored = storedEvent(event);
    const store = this.#store;
    const opening = store?.follow ? undefined : this.#open();
    if (!opening && !store && !this.#signer) return this.#breathe(this.#add(stored, this.#next()));
    // Refused before it is kept.
    encode(stored);
    if (store?.follow) return this.#feed.idOf(await store.append(stored));
    return this.#inOrder(async () => {
      await opening;
      const position = store ? await store.append(stored) : this.#next();
      return this.#breathe(this.#add(stored, position, await this.#feed.idOf(position)));
    });
  }

  /**
   * Answers a request with what it has missed, by its `Last-Event-ID`, and what comes. Once the channel is closed, a reader that
   * has got everything is told by status 204 not to come back.
   *
   * @throws TypeError, RangeError or EventSourceError when an option is not what it should be.
   */
  subscribe(request: Request, init: SubscribeInit = {}): Response {
    const { filter, onSubscribe, ...rest } = init;
    checkFunctions({ filter, onSubscribe });
    const options = { ...this.#defaults, ...given(rest) };
    if (options.overflow === 'wait') {
      throw new TypeError("expected an overflow policy that does not wait, found 'wait'");
    }
    if (this.#state === 'closed' && this.#isThrough(lastEventId(request))) return noMoreEvents({ ...options, request });
    const { response, writer } = respond(request, options, this.#log.keys);
    if (!writer) return response;
    orEnd(writer, () => options.waitUntil?.(writer.closed));
    if (this.#state === 'draining') {
      writer.sendAway('drained');
      return response;
    }
    const subscriber = new Subscriber(this.#feed, writer, filter, this.#left);
    if (!writer.ended) this.#fanout.add(subscriber);
    orEnd(writer, () => onSubscribe?.(writer));
    void this.#start(subscriber);
    return response;
  }

  /**
   * Ends the channel for good. Those who read get what was published, and then their streams end; who comes back later gets what it
   * has missed, and then status 204.
   */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#ended = this.#end();
  }

  /** Ends the streams of those who read once all that was published before is on its way to them. */
  async #end(): Promise<void> {
    try {
      // Without these it is here already, and they end at once.
      if (this.#store || this.#signer) await this.#tail;
      this.#through = !this.#store?.follow || (await this.#catchUp(this.#store));
      this.#leaving = this.#fanout.all();
      for (const subscriber of this.#leaving) subscriber.finish();
    } catch (cause) {
      this.#cut(cause);
    }
  }

  /** Waits until what a store has by now is here. False where it is not followed: then it is found out for the next one who comes. */
  async #catchUp(store: ChannelStore): Promise<boolean> {
    // It may be known in a moment where the following begins.
    await this.#opened;
    const last = parsePosition(await store.head());
    return last !== undefined && this.#following !== undefined && this.#following.reach(last);
  }

  /** Breaks the streams off. Their readers come back, and with the first one the store is followed again. */
  #cut(cause: unknown): void {
    this.#unfollow();
    for (const { writer } of this.#fanout.all()) writer.end({ code: 'failed', cause });
  }

  /**
   * Sends everybody away, for a shutdown: they get what was published, and a reconnection time each of its own, and their streams
   * end. Resolves when all have left; those who have not after `timeout` milliseconds, by default 10,000, are cut off.
   *
   * @throws RangeError when `timeout` is not what it should be.
   */
  async drain(timeout = 10_000): Promise<void> {
    const wait = period('timeout', timeout);
    if (this.#state === 'open') this.#state = 'draining';
    const subscribers = (this.#leaving = [...this.#leaving, ...this.#fanout.all()]);
    const timer = setTimeout(() => subscribers.forEach(({ writer }) => writer.cut()), wait);
    await Promise.all(subscribers.map((subscriber) => subscriber.sendAway()));
    clearTimeout(timer);
    this.#leaving = [];
  }

  /** What the channel keeps in memory, to go on with elsewhere or later. */
  snapshot(): ChannelSnapshot {
    const log = this.#log;
    const frames = framesOf(log.run(log.first, log.end).chunk);
    const events = frames.map((frame, at) => ({ frame, at: log.published(log.first + at) }));
    return { version: 1, before: positionText(this.#head ? log.before : newPosition()), events };
  }

  /**
   * A channel that goes on where another was: readers of that come back to this one without a gap.
   *
   * @throws TypeError when it is no snapshot, or when there is a store, which keeps the events itself.
   */
  static restore(snapshot: ChannelSnapshot, init: ChannelInit = {}): Channel {
    const { version, before: first, events } = Object(snapshot) as Partial<ChannelSnapshot>;
    const before = version === 1 && Array.isArray(events) && parsePosition(String(first));
    if (!before) throw new TypeError('expected a snapshot of a channel, found something else');
    if (init.store) throw new TypeError('expected no store to restore to, found one');
    const channel = new Channel(init);
    channel.#begin(before, '');
    for (const { frame, at } of snapshot.events) {
      const id = eventOf(frame).lastEventId;
      const position = parsePosition(id.split('.')[0]!);
      if (!position) throw new TypeError(`expected frames with ids of a channel, found ${JSON.stringify(id)}`);
      channel.#log.restore(frame, position, at);
      channel.#head = position;
      channel.#headId = id;
    }
    channel.#fanout.distribute();
    // An id that is to be signed is, before it is first given out.
    channel.#opened = snapshot.events.length > 0 || !channel.#signer;
    if (!channel.#headId) channel.#headId = snapshot.before;
    return channel;
  }

  /** The position of the next event of a channel without a store. */
  #next(): string {
    const { epoch, number } = this.#head!;
    return positionText({ epoch, number: number + 1 });
  }

  /** Appends an event to the log, and has it handed on. */
  #add(event: StoredEvent, position: string, id = position): string {
    const at = parsePosition(position);
    if (!at || !this.#log.isBefore(at)) {
      throw new TypeError(`expected a store to give positions that grow, found ${JSON.stringify(position)}`);
    }
    const bytes = this.#log.append(event, id, at, Date.now());
    this.#head = at;
    this.#headId = id;
    this.#published += bytes;
    this.#fanout.added(bytes);
    return id;
  }

  /** A publisher that goes on for long lets those who read do so. */
  #breathe(id: string): string | Promise<string> {
    if (this.#published < BREATH) return id;
    this.#published = 0;
    return this.size ? new Promise((resolve) => soon(() => resolve(id))) : id;
  }

  /** Has a reader begin where it wants to go on. */
  async #start(subscriber: Subscriber): Promise<void> {
    const { writer } = subscriber;
    let asked = writer.lastEventId;
    const opening = this.#open();
    try {
      if (opening) await opening;
      if (asked && this.#signer) asked = (await this.#signer.verify(asked)) ?? 'forged';
      if (asked) subscriber.resume(parsePosition(asked));
      else subscriber.begin(this.#head!, this.#headId);
      if (this.#state !== 'closed') return;
      await this.#ended;
      subscriber.finish();
    } catch (cause) {
      writer.end({ code: 'failed', cause });
    }
  }

  readonly #left = (subscriber: Subscriber): void => {
    this.#fanout.delete(subscriber);
    if (!this.size) this.#unfollow();
  };

  /** Ends the following; where the newest event is will have to be found out anew. */
  #unfollow(): void {
    if (!this.#following) return;
    this.#following.end();
    this.#following = undefined;
    this.#opened = false;
  }

  /** Whether a reader has everything that there will ever be. */
  #isThrough(asked: string): boolean {
    return this.#head ? this.#through && (!asked || asked === this.#headId) : !this.#store;
  }

  /** Finds out where the newest event is. Nothing to wait for where that is known at once. */
  #open(): Promise<void> | undefined {
    if (this.#opened === true) return undefined;
    if (this.#opened) return this.#opened;
    if (!this.#store && !this.#signer) {
      const position = newPosition();
      this.#begin(position, positionText(position));
      return undefined;
    }
    const opened = this.#openLater();
    this.#opened = opened;
    // The next one who asks tries again.
    opened.catch(() => (this.#opened = false));
    return opened;
  }

  async #openLater(): Promise<void> {
    const closed = this.#state === 'closed';
    const text = (await this.#store?.head()) ?? positionText(this.#head ?? newPosition());
    const position = parsePosition(text);
    if (!position) throw new TypeError(`expected a store to have a head, found ${JSON.stringify(text)}`);
    this.#begin(position, await this.#feed.idOf(text));
    if (!this.#store?.follow) return;
    this.#through = closed;
    // Those for whom it was found out may have left.
    if (this.size) void this.#follow(this.#store, position);
    else this.#opened = false;
  }

  #begin(position: Position, id: string): void {
    this.#log.begin(position);
    this.#fanout.begin();
    this.#head = position;
    this.#headId = id;
    this.#opened = true;
  }

  async #follow(store: ChannelStore, after: Position): Promise<void> {
    const following = (this.#following = new Following(after));
    const take = async ({ event, position }: StoredEntry): Promise<void> => {
      const id = await this.#feed.idOf(position);
      if (!following.ended) await this.#breathe(this.#add(event, position, id));
    };
    let cause: unknown;
    try {
      await following.run(store, take, (work) => this.#inOrder(work));
    } catch (error) {
      cause = error;
    }
    if (!following.ended) this.#cut(cause);
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => undefined);
    return done;
  }
}

/** Where a channel begins that has no past: an id from before is none of its own. */
function newPosition(): Position {
  return { epoch: Date.now(), number: 0 };
}

const { setImmediate } = globalThis as { setImmediate?: (work: () => void) => unknown };
/** Does something once what is waiting has had its turn. */
const soon = setImmediate ?? ((work: () => void): unknown => setTimeout(work));
