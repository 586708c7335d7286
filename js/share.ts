/**
 * One connection that the tabs (and workers) of an origin share: `shareAcrossTabs`. Loaded when the option is used.
 *
 * # The protocol, version 1
 *
 * Whoever takes part opens a `BroadcastChannel` and asks for a Web Lock, both named `eventsource-wasm 1 <name>`; another
 * version has another name, and a connection of its own. Who has the lock is the *owner*: it alone has a connection (a
 * `Driver`), and broadcasts what comes of it.
 *
 * Events are numbered. A numbering, called a *line*, goes on from owner to owner, for as long as one of those who take part
 * knows it; each of them keeps the latest events with their numbers in a bounded ring, also as the buffer of a slow
 * consumer. Each owner has an *epoch*, larger than any before; what comes of an older epoch than the last that was heard of
 * is late, and ignored.
 *
 * | message | from, to | |
 * |---|---|---|
 * | `join` | a newcomer, the owner | is answered with `state` |
 * | `call` | a new owner, all | begins an epoch: what an older owner has sent and is still on its way no longer counts |
 * | `here` | each, the new owner | the answer to `call`: the events that it has beyond those of the new owner |
 * | `state` | the owner, all or one | URL, latest number and its last event ID, and the response where one is open |
 * | `events` | the owner, all or one | a run of events and the number of its first |
 * | `want` | one, the owner | what it has last, by number or by id: is answered with `events`, or `state` where that is no longer kept |
 * | `reconnect` | one, the owner | it is to drop the connection for another |
 * | `failed` | the owner, all | an error; the final one ends it for all |
 *
 * A new owner waits until all who also wait for the lock have answered its `call`, at most a second. It then has
 * what the furthest of them has, and connects from the last event ID of that; those who are behind see it from its `state`,
 * and get what they lack from its ring. So it makes no difference what the old owner had told to whom when it went away. A
 * tab takes events by number: what it has is not taken again, and before a number that it does not expect it asks for those
 * between. Ids serve to resume only, and need not be unique. Events that had no id of their own, at the end of what was
 * received, may be sent again by the server, as at any reconnection.
 *
 * A newcomer gets the events that the owner receives after its `join`; with `lastEventId` those after that id. A page that
 * goes to the back/forward cache or is frozen leaves, and joins again when it returns, behind what it had. Where the ring does
 * not reach back so far there is the error `'gap'`: `connect` then ends, an `EventSource` goes on from now.
 *
 * URL and options are the owner's. Whoever joins with another URL fails; other differences show only when it is the owner.
 */
import type { Face } from './face.js';
import type { EventSourceErrorCode } from './error.js';
import type { ConnectInit } from './options.js';
import { type Client, client, useClient } from './share-client.js';
import { Owner } from './share-owner.js';
import { Reader } from './share-reader.js';
import { Ring } from './share-ring.js';
import {
  type Asking,
  type Message,
  type State,
  takeError,
  takeResponse,
  takeRun,
  putRun,
  type Telling,
} from './share-wire.js';

/** How long an owner whose connection has ended for good keeps the lock, in milliseconds, for the others to hear of it. */
const LAST_WORDS = 1000;

/** What takes part. */
export interface Part {
  readonly url: URL;
  readonly init: ConnectInit;
  readonly ofConnect: boolean;
  readonly face: Face;
  /** Takes the state, as the standard numbers it. */
  readonly state: (state: 0 | 1 | 2) => void;
  /** Connects for itself, where sharing turns out to be refused. */
  readonly alone: () => void;
}

/** The part in a shared connection. */
export interface Shared {
  readonly leave: () => void;
  readonly reconnect: () => void;
}

/** Takes part in the shared connection that is named by `shareAcrossTabs`; `undefined` where there is nothing to share it by. */
export function share(part: Part, given: Client): Shared | undefined {
  useClient(given);
  if (!globalThis.navigator?.locks || !globalThis.BroadcastChannel) return undefined;
  const member = new Member(part);
  member.enter();
  return { leave: () => member.leave(), reconnect: () => member.reconnect() };
}

class Member {
  readonly #part: Part;
  /** The name of the channel and of the lock. */
  readonly #key: string;
  readonly #id = crypto.randomUUID();
  readonly #reader: Reader;
  #channel: BroadcastChannel | undefined;
  /** Set while this takes part; aborted when it no longer does. */
  #session: AbortController | undefined;
  /** Set while this has the lock. */
  #owner: Owner | undefined;
  /** Gives up the lock. */
  #release: () => void = () => undefined;
  /** The latest epoch that was heard of. */
  #epoch = 0;
  /** An answer to `want` is due: what comes before it does not follow on. */
  #wanting = false;
  /** It has ended for good. */
  #over = false;
  readonly #listening = new AbortController();

  constructor(part: Part) {
    this.#part = part;
    this.#key = `eventsource-wasm 1 ${part.init.shareAcrossTabs}`;
    this.#reader = new Reader(part, part.init.lastEventId ?? '', () => this.#gap());
    const { document } = globalThis;
    if (!document) return;
    // A page that does not run must hold nothing, the lock above all; when it returns it takes part again.
    const options = { signal: this.#listening.signal };
    addEventListener('pagehide', ({ persisted }) => persisted && this.#exit(), options);
    addEventListener('pageshow', ({ persisted }) => persisted && this.enter(), options);
    document.addEventListener('freeze', () => this.#exit(), options);
    document.addEventListener('resume', () => this.enter(), options);
  }

  enter(): void {
    if (this.#session || this.#over) return;
    const { signal } = (this.#session = new AbortController());
    this.#wanting = false;
    this.#channel = new BroadcastChannel(this.#key);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (!('from' in data)) this.#heard(data);
      else this.#owner?.heard(data);
    };
    this.#ask({ kind: 'join' });
    navigator.locks
      .request(this.#key, { signal }, () => this.#own(signal))
      .catch(() => {
        if (signal.aborted) return;
        // Refused, as to a document of an opaque origin.
        this.#end();
        this.#part.alone();
      });
  }

  /** Has the owner drop the connection for another: for all. */
  reconnect(): void {
    if (this.#owner) this.#owner.reconnect();
    else this.#ask({ kind: 'reconnect' });
  }

  leave(): void {
    this.#reader.gone = true;
    // An owner that is over keeps the lock until the others have heard of it.
    if (!this.#over) this.#end();
  }

  /** Takes no part any more. */
  #end(): void {
    this.#over = true;
    this.#exit();
    this.#listening.abort();
  }

  #exit(): void {
    this.#session?.abort();
    this.#owner?.close();
    this.#release();
    this.#channel?.close();
    this.#channel = this.#owner = this.#session = undefined;
  }

  #fail(code: EventSourceErrorCode, message: string): void {
    this.#reader.failed(new client.EventSourceError(code, message), false);
    this.#end();
  }

  /** There are events that the face can't be given any more. */
  #gap(): void {
    const message = 'expected the events behind the last one, found that they are no longer kept';
    if (this.#part.ofConnect) {
      this.#fail('gap', message);
      return;
    }
    this.#reader.missed(new client.EventSourceError('gap', message, { willRetry: true, delay: 0 }));
  }

  /** Has the lock for as long as the promise is pending. */
  #own(session: AbortSignal): Promise<void> | undefined {
    if (session.aborted) return undefined;
    return new Promise((resolve) => {
      this.#release = resolve;
      const owner = (this.#owner = new Owner(this.#part, this.#reader, {
        key: this.#key,
        epoch: this.#epoch,
        tell: (message) => this.#channel?.postMessage(message),
        over: () => void this.#lastWords(),
        fail: (code, message) => this.#fail(code, message),
      }));
      void owner.begin();
    });
  }

  async #lastWords(): Promise<void> {
    this.#over = true;
    for (let wait = 20; wait < LAST_WORDS && (await waiting(this.#key)) > 0; wait *= 2) {
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    this.#end();
  }

  #ask(message: Unsent<Asking>): void {
    this.#channel?.postMessage({ ...message, from: this.#id });
  }

  #heard(message: Telling): void {
    const { kind, epoch, to, url } = message;
    const reader = this.#reader;
    // It is late; or a clock was set back, and the new owner hears of it by the answer.
    if (epoch < this.#epoch && kind !== 'call') return;
    this.#epoch = Math.max(epoch, this.#epoch);
    if (to !== undefined && to !== this.#id) return;
    const { href } = this.#part.url;
    // A newcomer that has become the owner hears of it by the answers, and fails.
    if (url !== href && !(kind === 'call' && message.line < reader.line)) {
      this.#fail('invalid-request', `expected ${url}, the URL of the connection that is shared, found ${href}`);
    } else if (kind === 'call') {
      this.#wanting = false;
      const run = putRun(reader.tail(message.line, message.seq));
      this.#ask({ kind: 'here', epoch: this.#epoch, url: href, run });
    } else if (kind === 'state') {
      this.#follow(message.state);
    } else if (kind === 'events') {
      const run = takeRun(message.run);
      if (to !== undefined) this.#wanting = false;
      // Its place is not known yet.
      else if (run.line !== reader.line) return;
      if (run.line === reader.line && run.first > reader.ring.end + 1) this.#want();
      else reader.take(run);
    } else {
      reader.failed(takeError(message.error), message.quiet);
      if (!message.error.willRetry) this.#end();
    }
  }

  #follow({ line, seq, id, gap, response }: State): void {
    const reader = this.#reader;
    if (gap) {
      this.#wanting = false;
      reader.follow(line, new Ring(seq, id));
      this.#gap();
    } else if (line !== reader.line) {
      if (reader.id) this.#want();
      else reader.follow(line, new Ring(seq, id));
    } else if (seq > reader.ring.end) this.#want();
    if (response && !this.#over) reader.opened(takeResponse(response));
  }

  /** Asks for what is missing: by the number of the last event, and by its id for an owner that has another numbering. */
  #want(): void {
    if (this.#wanting) return;
    this.#wanting = true;
    const { line, ring, id } = this.#reader;
    this.#ask({ kind: 'want', line, seq: ring.end, id });
  }
}

/** How many wait for a lock. */
export async function waiting(key: string): Promise<number> {
  const { pending = [] } = await navigator.locks.query();
  return pending.filter(({ name }) => name === key).length;
}

/** Without what is added to each. */
type Unsent<M> = M extends M ? Omit<M, 'from'> : never;
