// A raw client that reads the events of a stream.

import { createParser } from 'eventsource-wasm/parser';

import { SocketClient } from './client.mjs';

/** A head, and a body in chunks. `onBody` gets the body's bytes, and `onEnd` is called at its proper end. */
class ChunkedReader {
  #rest = Buffer.alloc(0);
  #inHead = true;
  /** Bytes of the chunk that have not come, the line end behind them included. */
  #left = 0;
  #onBody;
  #onEnd;

  constructor(onBody, onEnd) {
    this.#onBody = onBody;
    this.#onEnd = onEnd;
  }

  feed(bytes) {
    this.#rest = this.#rest.length ? Buffer.concat([this.#rest, bytes]) : bytes;
    if (this.#inHead && !this.#head()) return;
    while (this.#left ? this.#chunk() : this.#size());
  }

  #head() {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const head = this.#rest.toString('latin1', 0, end);
    if (!/^HTTP\/1.1 200 [^]*\r\ntransfer-encoding: chunked/i.test(head)) {
      throw new Error(`expected a body in chunks, found ${head}`);
    }
    this.#rest = this.#rest.subarray(end + 4);
    this.#inHead = false;
    return true;
  }

  #size() {
    const end = this.#rest.indexOf('\r\n');
    if (end < 0) return false;
    const size = parseInt(this.#rest.toString('latin1', 0, end), 16);
    this.#rest = this.#rest.subarray(end + 2);
    if (size) this.#left = size + 2;
    else this.#onEnd();
    return size > 0;
  }

  #chunk() {
    const found = this.#rest.subarray(0, this.#left);
    if (!found.length) return false;
    const data = Math.max(this.#left - 2, 0);
    if (data) this.#onBody(found.subarray(0, data));
    this.#left -= found.length;
    this.#rest = this.#rest.subarray(found.length);
    return true;
  }
}

export class EventsClient extends SocketClient {
  /** Whether the body has come to its proper end. */
  whole = false;
  /** Bytes of the body. */
  length = 0;
  /** Bytes of the answer until it leaves, whatever it is in the midst of then. */
  #left;
  #reader;
  #parser;

  /**
   * @param onEvent is given each event
   * @param options.cutAt after so many bytes of the answer it leaves, by the method `cutBy`
   */
  constructor(port, path, onEvent, { lastEventId = '', cutAt = Infinity, cutBy = 'reset' } = {}) {
    super(port, path, lastEventId ? { 'Last-Event-ID': lastEventId } : {});
    this.#parser = createParser({ onEvent, lastEventId });
    this.#reader = new ChunkedReader(
      (bytes) => {
        this.length += bytes.length;
        this.#parser.feed(bytes);
      },
      () => (this.whole = true),
    );
    this.#left = cutAt;
    this.cutBy = cutBy;
  }

  take(bytes) {
    if (!this.#left) return;
    const taken = bytes.subarray(0, this.#left);
    this.#left -= taken.length;
    this.#reader.feed(taken);
    if (!this.#left) this[this.cutBy]();
  }

  /** Whether it has left by itself. */
  get isCut() {
    return this.#left === 0;
  }

  /** The last id, also of one that came without an event. */
  get lastEventId() {
    return this.#parser.lastEventId;
  }
}
