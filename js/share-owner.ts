/** The one of a shared connection that has it. The protocol is in share.ts. */
import type { Driver } from './driver.js';
import type { Face } from './face.js';
import type { EventSourceError, EventSourceErrorCode } from './error.js';
import { client } from './share-client.js';
import type { Reader } from './share-reader.js';
import { Ring } from './share-ring.js';
import { type Asking, putError, putResponse, putRun, type ResponseFacts, takeRun, type Telling } from './share-wire.js';
import { type Part, waiting } from './share.js';

/** How long a new owner waits for the others to answer, in milliseconds: one whose process is stuck does not. */
const ANSWERS = 1000;
/**
 * How long a new owner gives the last one's socket to close, in milliseconds: a browser takes 1 to 60 after the page has
 * gone, and a server may refuse whoever comes twice.
 */
const CLOSING = 200;

/** What an owner has of the member that it is. */
interface Means {
  readonly key: string;
  /** The latest epoch that was heard of. */
  readonly epoch: number;
  readonly tell: (message: Telling) => void;
  /** The connection has ended for good; all have been told. */
  readonly over: () => void;
  /** This one can't take part. */
  readonly fail: (code: EventSourceErrorCode, message: string) => void;
}

export class Owner {
  readonly #part: Part;
  readonly #reader: Reader;
  readonly #means: Means;
  #epoch: number;
  #closed = false;
  /** The connection; set when all have been heard. */
  #driver: Driver | undefined;
  readonly #heard = new Set<string>();
  #heardOne: () => void = () => undefined;
  /** Of the connection, where it is open. */
  #response: ResponseFacts | undefined;

  constructor(part: Part, reader: Reader, means: Means) {
    this.#part = part;
    this.#reader = reader;
    this.#means = means;
    this.#epoch = means.epoch;
  }

  async begin(): Promise<void> {
    this.#call();
    await this.#hearAll();
    const reader = this.#reader;
    const first = !reader.line;
    if (!first) await new Promise((resolve) => setTimeout(resolve, CLOSING));
    if (this.#closed) return;
    if (first) reader.follow(this.#epoch, new Ring(0, reader.id));
    const { url, init, ofConnect } = this.#part;
    const { id } = reader.ring;
    const { resume = 'auto' } = init;
    // A request is not sent again silently, by another tab no more than by the same.
    if (!first && (resume === 'never' || (resume === 'auto' && !id && !client.isIdempotent(init)))) {
      const message = 'expected a request that may be sent again, found that the tab that sent it has gone';
      this.#failed(new client.EventSourceError('no-replay', message), false);
      return;
    }
    const face: Face = {
      opened: (response) => {
        this.#response = putResponse(response);
        this.#tellState();
        reader.opened(response);
      },
      deliver: (events) => {
        const run = { line: reader.line, first: reader.ring.end + 1, base: reader.ring.id, events };
        this.#tell({ kind: 'events', run: putRun(run) });
        reader.take(run);
      },
      failed: (error, quiet) => this.#failed(error, quiet),
    };
    this.#driver = new client.Driver(
      url,
      { ...init, lastEventId: id, signal: undefined, shareAcrossTabs: undefined, pauseWhenHidden: undefined },
      face,
      ofConnect,
    );
    this.#driver.start();
    this.#tellState();
  }

  close(): void {
    this.#closed = true;
    this.#driver?.close();
    this.#heardOne();
  }

  reconnect(): void {
    this.#driver?.reconnect();
  }

  #failed(error: EventSourceError, quiet: boolean): void {
    this.#response = undefined;
    this.#tell({ kind: 'failed', error: putError(error), quiet });
    this.#reader.failed(error, quiet);
    if (!error.willRetry) this.#means.over();
  }

  /** Begins an epoch. */
  #call(): void {
    this.#epoch = Math.max(Date.now(), this.#epoch + 1);
    this.#heard.clear();
    this.#tell({ kind: 'call', line: this.#reader.line, seq: this.#reader.ring.end });
  }

  /** Waits until all who wait for the lock have been heard. */
  async #hearAll(): Promise<void> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#heardOne();
    }, ANSWERS);
    while (!late && !this.#closed) {
      const one = new Promise<void>((resolve) => (this.#heardOne = resolve));
      if ((await waiting(this.#means.key)) <= this.#heard.size) break;
      await one;
    }
    clearTimeout(timer);
  }

  heard(message: Asking): void {
    const { kind, from } = message;
    const reader = this.#reader;
    if (kind === 'here') {
      const { epoch, url, run } = message;
      if (epoch > this.#epoch) {
        // By a clock that has been set back since.
        this.#epoch = epoch;
        this.#call();
        return;
      }
      // Late: whoever is behind sees it from the state, and who is ahead drops what it has.
      if (this.#driver) return;
      const { href } = this.#part.url;
      if (run.line > reader.line && url !== href) {
        const expected = `expected ${url}, the URL of the connection that is shared`;
        this.#means.fail('invalid-request', `${expected}, found ${href}`);
        return;
      }
      const { line, ring } = reader;
      const events = takeRun(run);
      const last = run.first + events.events.length - 1;
      if (run.line > line || (run.line === line && last > ring.end)) reader.take(events);
    }
    this.#heard.add(from);
    this.#heardOne();
    if (!this.#driver) return;
    if (kind === 'join') this.#tellState(from);
    else if (kind === 'want') this.#serve(message);
    else if (kind === 'reconnect') this.reconnect();
  }

  /** Answers with the events behind those that one has. */
  #serve({ from, line, seq, id }: Asking & { kind: 'want' }): void {
    const { ring, line: own } = this.#reader;
    const found = line === own ? seq : ring.find(id);
    const events = found === undefined ? undefined : ring.after(found);
    if (!events) this.#tellState(from, true);
    else this.#tell({ kind: 'events', run: putRun({ line: own, first: found! + 1, base: id, events }) }, from);
  }

  #tellState(to?: string, gap = false): void {
    const { line, ring } = this.#reader;
    const state = { line, seq: ring.end, id: ring.id, response: this.#response, gap };
    this.#tell({ kind: 'state', state }, to);
  }

  #tell(message: Unsent, to?: string): void {
    this.#means.tell({ ...message, epoch: this.#epoch, url: this.#part.url.href, to });
  }
}

/** Without what is added to each. */
type Unsent<M = Telling> = M extends M ? Omit<M, 'epoch' | 'url' | 'to'> : never;
