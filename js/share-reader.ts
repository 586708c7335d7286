import type { EventSourceError } from './error.js';
import type { ServerSentEvent } from './event.js';
import { Ring } from './share-ring.js';
import type { Part } from './share.js';

/** A run of numbered events. */
export interface Events {
  /** The numbering. */
  readonly line: number;
  /** The number of the first. */
  readonly first: number;
  /** The last event ID before it. */
  readonly base: string;
  readonly events: readonly ServerSentEvent[];
}

/** What one tab knows of a shared stream, and where in it its face is. */
export class Reader {
  /** The numbering; 0 until one is known. */
  line = 0;
  ring: Ring;
  /** Nothing is told any more. */
  gone = false;
  /** Whether the face takes the connection for open. */
  #open = false;
  /** Of the connection, where it is open. */
  #response: Response | undefined;
  readonly #part: Pick<Part, 'face' | 'state'>;
  readonly #gap: () => void;
  /** The number of the last event that the face was given. */
  #given = 0;
  /** The last event ID behind that. */
  #id: string;
  /** The face has not used up what it was given. */
  #held = false;
  /** What the face is told when it has been given the events before it. */
  #later: (() => void)[] = [];

  /** `gap` is called when there are events that the face can't be given any more. */
  constructor(part: Pick<Part, 'face' | 'state'>, lastEventId: string, gap: () => void) {
    this.#part = part;
    this.#gap = gap;
    this.#id = lastEventId;
    this.ring = new Ring(0, lastEventId);
  }

  /** Behind which id the face is, or wants to begin: that of the last event it was given. */
  get id(): string {
    return this.#id;
  }

  /** Goes over to a numbering, and on behind its latest event. */
  follow(line: number, ring: Ring): void {
    this.line = line;
    this.ring = ring;
    this.#given = ring.end;
  }

  /** Takes the events that are new here. Of another numbering they replace what there is; those that do not follow on, too. */
  take({ line, first, base, events }: Events): void {
    let skip = this.ring.end + 1 - first;
    if (line !== this.line || skip < 0) {
      const known = line === this.line;
      this.line = line;
      this.ring = new Ring(first - 1, base);
      this.ring.push(events);
      if (!known) this.#find();
      this.#announce();
      skip = events.length;
    }
    this.ring.push(events.slice(skip));
    this.pump();
  }

  /** The place of the face in another numbering. */
  #find(): void {
    const found = this.#id ? this.ring.find(this.#id) : this.ring.end;
    this.#given = found ?? this.ring.end;
    if (found === undefined) this.#gap();
  }

  /** The events behind a number, for somebody who has the same numbering; or all that are kept. */
  tail(line: number, number: number): Events {
    const { line: own, ring } = this;
    const events = line === own ? ring.after(number) : undefined;
    if (events) return { line, first: number + 1, base: '', events };
    return { line: own, first: ring.start + 1, base: ring.base, events: ring.after(ring.start)! };
  }

  /** The connection is open. */
  opened(response: Response): void {
    this.#response = response;
    this.#announce();
  }

  /** Not to a face that takes it for open already, as where the owner has changed, or whose place is not known yet. */
  #announce(): void {
    const response = this.#response;
    if (this.#open || !this.line || !response) return;
    this.#open = true;
    this.#tell(1, () => this.#part.face.opened(response));
  }

  failed(error: EventSourceError, quiet: boolean): void {
    this.#open = false;
    this.#response = undefined;
    this.#tell(error.willRetry ? 0 : 2, () => this.#part.face.failed(error, quiet));
  }

  /** Tells of an error that is the face's own: the connection is still open. */
  missed(error: EventSourceError): void {
    const response = this.#response;
    this.failed(error, false);
    if (response) this.opened(response);
  }

  #tell(state: 0 | 1 | 2, what: () => void): void {
    this.#later.push(() => {
      this.#part.state(state);
      what();
    });
    this.pump();
  }

  /** Gives the face what it can take. */
  pump(): void {
    while (!this.#held && !this.gone && this.#given < this.ring.end) {
      const batch = this.ring.after(this.#given);
      this.#given = this.ring.end;
      this.#id = this.ring.id;
      const holding = batch ? this.#part.face.deliver(batch) : this.#gap();
      if (!holding) continue;
      this.#held = true;
      void holding.then(() => {
        this.#held = false;
        this.pump();
      });
    }
    if (this.#held) return;
    for (const tell of this.#later.splice(0)) if (!this.gone) tell();
  }
}
