/** The writing side of the boundary: many events in one text and one table, frames out (see src/web/server.rs). */
import { serverEngine, startServer } from './engine.js';
import { EventSourceError, type EventSourceErrorCode } from './error.js';
import { checkEmpty, checkRead, checkRetry, dataText, type EventInit, notAnEvent, optional } from './event-init.js';
import { type Keys, Outbox } from './outbox.js';

const COMMENT = 1;
const EVENT = 1 << 1;
const ID = 1 << 2;
const DATA = 1 << 3;
const RETRY = 1 << 4;
const HEADER = 3;
const ENTRY = 8;
/** The least that there is room for, in bytes. */
const LEAST = 4096;
/** A batch is framed when it has so many events, or its text so many UTF-16 units. */
const MAX_EVENTS = 64;
const MAX_UNITS = 32 * 1024;
/** An event may have so many UTF-16 units; where they are line ends, each is seven bytes. No reader takes more than a part of that. */
const MOST_UNITS = 64 * 1024 * 1024;
/** What the outbox of `encode` keeps between two calls, in bytes. */
const KEEP = 1024 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The wasm memory of this page's framing, made when the first event is sent. */
class FrameWriter {
  readonly #table: number;
  /** Where the strings of a batch are written. */
  #input = new Uint8Array();
  #bytes = new Uint8Array();
  #words = new Uint32Array();
  /** A batch is being made. */
  busy = false;
  /** The strings of the batch, one behind the other. */
  #text = '';
  /** Where in the table the batch begins, and how many events it has. */
  #first = 0;
  #count = 0;

  constructor() {
    startServer();
    this.#table = serverEngine.table(MAX_EVENTS) >>> 2;
  }

  /** Appends the frames of events to an outbox. Throws for the first one that is refused, after those before it. */
  write(outbox: Outbox, events: readonly EventInit[]): void {
    // A `toJSON` that sends: its events must not come between the parts of the one that it is called for.
    const [busy, text, first, count] = [this.busy, this.#text, this.#first, this.#count];
    this.busy = true;
    this.#first += count;
    this.#count = 0;
    this.#text = '';
    try {
      for (const event of events) {
        this.#add(event, outbox.keys);
        const full = this.#first + this.#count === MAX_EVENTS;
        if (full || this.#text.length > MAX_UNITS) this.#flush(outbox);
      }
      this.#flush(outbox);
    } finally {
      [this.busy, this.#text, this.#first, this.#count] = [busy, text, first, count];
    }
  }

  /**
   * Hands on bytes of an event stream, frame by frame. Tells how many wait for the end of their frame.
   */
  relay(outbox: Outbox, bytes: Uint8Array): number {
    this.#reserve(bytes.length);
    this.#input.set(bytes);
    const pending = serverEngine.relay(outbox.number, bytes.length);
    this.#wrote(outbox);
    return pending >>> 0;
  }

  /** Appends the frames of `count` events of a channel, from a sequence on. */
  share(channel: number, outbox: Outbox, from: number, count: number): void {
    serverEngine.share(channel, outbox.number, from, count);
    this.#wrote(outbox);
  }

  /** What waits in an outbox, copied out. */
  take(outbox: Outbox): Uint8Array<ArrayBuffer> {
    // Where nothing is dropped it lies where it was written, and the call can be left out.
    const chunk = outbox.waits ? this.#copy(outbox.pointer, outbox.length) : this.#chunk(outbox);
    outbox.clear();
    return chunk;
  }

  #chunk(outbox: Outbox): Uint8Array<ArrayBuffer> {
    serverEngine.chunk(outbox.number);
    return this.told();
  }

  /** How many events they are that the engine has told of. */
  get toldEvents(): number {
    this.#refresh();
    return this.#words[this.#table + 2]!;
  }

  /** The bytes that the engine has told of, copied out. */
  told(): Uint8Array<ArrayBuffer> {
    this.#refresh();
    return this.#copy(this.#words[this.#table]!, this.#words[this.#table + 1]!);
  }

  #copy(start: number, length: number): Uint8Array<ArrayBuffer> {
    this.#refresh();
    return this.#bytes.slice(start, start + length);
  }

  #wrote(outbox: Outbox): void {
    this.#refresh();
    const [words, at] = [this.#words, this.#table];
    outbox.wrote(words[at]!, words[at + 1]!, words[at + 2]!);
  }

  /** Makes room for an input. A view of its own for each text would be 30 ns. */
  #reserve(most: number): void {
    if (most <= this.#input.length && this.#input.length <= KEEP) return;
    const room = Math.max(most, LEAST);
    const start = serverEngine.reserve(room) >>> 0;
    this.#refresh();
    this.#input = this.#bytes.subarray(start, start + room);
  }

  #add(event: EventInit, keys: Keys | undefined): void {
    if (typeof event === 'string') {
      this.#addParts(undefined, undefined, undefined, event, undefined, keys?.of(''));
    } else if (typeof event !== 'object' || event === null) {
      throw notAnEvent(event);
    } else if ('lastEventId' in event) {
      // One that was read: it is sent with the id that it left the stream with.
      const { type, data, lastEventId } = checkRead(event);
      const named = type === 'message' ? '' : type;
      this.#addParts(undefined, named, lastEventId || undefined, data, undefined, keys?.of(named));
    } else {
      // All that may call the caller's code comes first: it may write, too.
      const { comment, event: type, id, data, retry } = event;
      if ((comment ?? type ?? id ?? data ?? retry) === undefined) checkEmpty(event);
      const key = keys?.of(event.key ?? type ?? '');
      this.#addParts(optional(comment), optional(type), optional(id), dataText(data), retry, key);
    }
  }

  #addParts(
    comment: string | undefined,
    event: string | undefined,
    id: string | undefined,
    data: string | undefined,
    retry: number | undefined,
    key = 0,
  ): void {
    this.#refresh();
    const words = this.#words;
    const at = this.#table + HEADER + (this.#first + this.#count) * ENTRY;
    let parts = 0;
    if (comment !== undefined) {
      parts |= COMMENT;
      words[at + 1] = this.#append(comment);
    }
    if (event !== undefined) {
      parts |= EVENT;
      words[at + 2] = this.#append(event);
    }
    if (id !== undefined) {
      parts |= ID;
      words[at + 3] = this.#append(id);
    }
    if (data !== undefined) {
      parts |= DATA;
      words[at + 4] = this.#append(data);
    }
    if (retry !== undefined) {
      parts |= RETRY;
      words[at + 5] = checkRetry(retry);
      words[at + 6] = retry / 2 ** 32;
    }
    words[at + 7] = key;
    words[at] = parts;
    this.#count++;
  }

  /** A high surrogate at the end must not meet a low one at the beginning of the next part. */
  #append(text: string): number {
    const last = text.charCodeAt(text.length - 1);
    this.#text += last >= 0xd800 && last < 0xdc00 ? `${text.slice(0, -1)}\ufffd` : text;
    return text.length;
  }

  #flush(outbox: Outbox): void {
    const [text, count] = [this.#text, this.#count];
    this.#text = '';
    this.#count = 0;
    // A `toJSON` may have ended the stream.
    if (count === 0 || outbox.ended) return;
    if (text.length > MOST_UNITS + MAX_UNITS) {
      const message = `expected an event of at most ${MOST_UNITS} characters, found one with ${text.length}`;
      throw new EventSourceError('event-too-large', message);
    }
    // A UTF-16 unit is at most three bytes.
    this.#reserve(text.length * 3);
    const { written } = encoder.encodeInto(text, this.#input);
    const taken = serverEngine.write(outbox.number, this.#first, count, written, text.length);
    this.#wrote(outbox);
    if (taken < count) throw this.#refusal();
  }

  #refusal(): EventSourceError {
    const start = serverEngine.refusal() >>> 0;
    const text = decoder.decode(this.#bytes.subarray(start, this.#bytes.indexOf(0, start)));
    const [code, message] = text.split('\n');
    return new EventSourceError(code as EventSourceErrorCode, message!);
  }

  /** As in js/batch.ts: a view that the growing memory has killed has no length. */
  #refresh(): void {
    if (this.#bytes.length === 0) {
      const { buffer } = serverEngine.memory;
      this.#bytes = new Uint8Array(buffer);
      this.#words = new Uint32Array(buffer);
    }
  }
}

let writer: FrameWriter | undefined;
let scratch: Outbox | undefined;

/** The one frame writer of this page. */
export function frameWriter(): FrameWriter {
  return (writer ??= new FrameWriter());
}

/**
 * Encodes one event, or many at once, which is several times faster for small ones.
 *
 * @throws EventSourceError `'invalid-event'`, `'invalid-id'` or `'invalid-retry'` when a part would break a frame.
 * @throws TypeError when the data of an event has no JSON form.
 * @example
 * encode({ event: 'greeting', id: '7', data: { hello: 'world' } });
 */
export function encode(event: EventInit | readonly EventInit[]): Uint8Array<ArrayBuffer> {
  const writer = frameWriter();
  // Not that of a call that this one comes within.
  const outbox = (!writer.busy && scratch) || new Outbox(KEEP);
  scratch ??= outbox;
  try {
    writer.write(outbox, Array.isArray(event) ? event : [event as EventInit]);
    return writer.take(outbox);
  } catch (error) {
    outbox.clear();
    throw error;
  } finally {
    if (outbox !== scratch) outbox.free();
  }
}

/** A transform stream from events to bytes. An event that is refused errors the stream. */
export class EventEncoderStream extends TransformStream<EventInit, Uint8Array> {
  constructor() {
    super({ transform: (event, controller) => controller.enqueue(encode(event)) });
  }
}
