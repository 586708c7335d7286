/** A `Response` as Node's response. */
import type { NodeRequest, NodeResponse, RequestExtras, ResponseExtras } from './node-types.js';
import { isResponse } from './request.js';

/** RST_STREAM with INTERNAL_ERROR. */
const HTTP2_INTERNAL_ERROR = 2;

/** Headers of one connection, which are Node's to send. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'];

/** A request and its answer, from the arrival of the one to the end of the other. */
export class Exchange {
  /** Aborts when the client leaves before it has the whole answer. */
  readonly signal: AbortSignal;
  /** Resolves at the end, with an error for who is still at work. */
  readonly over: Promise<Error>;
  /** Kept: the signal of a Request that is collected does not abort. */
  request: Request | undefined;
  readonly #outgoing: NodeResponse & Partial<ResponseExtras>;
  readonly #report: (error: unknown) => void;
  readonly #abort = new AbortController();
  #end!: (error: Error) => void;
  /** The body that is being sent. */
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  /** What there was of headers that have been set. */
  readonly #before: [name: string, value: ReturnType<NodeResponse['getHeader']>][] = [];
  /** Sends the head where there is nothing else to send yet. */
  #late: ReturnType<typeof setTimeout> | undefined;
  /** HTTP/1.0, as nginx speaks by default to what is behind it. */
  readonly #isOld: boolean;
  /** Lets the sending go on that waits for room. */
  #goOn: (() => void) | undefined;

  /** @param report is called with what the end of a body fails with, when no one else is there to learn of it */
  constructor(
    incoming: NodeRequest & Partial<RequestExtras>,
    outgoing: NodeResponse & Partial<ResponseExtras>,
    report: (error: unknown) => void,
  ) {
    this.#report = report;
    this.#isOld = incoming.httpVersion === '1.0';
    this.signal = this.#abort.signal;
    this.over = new Promise((resolve) => (this.#end = resolve));
    this.#outgoing = outgoing;
    // One listener of each kind for all of the exchange, on objects that go with it. (`compression` never takes one of 'drain' off.)
    outgoing.on('drain', () => this.#goOn?.());
    outgoing.on('error', () => this.#leave());
    outgoing.on('close', () => {
      // Of a stream of HTTP/2 that is reset, the one is false, and the other true.
      if (outgoing.writableEnded && outgoing.writableFinished)
        this.#end(new Error('expected the answer to be on its way, found it sent'));
      else this.#leave();
    });
    // The answer to a pipelined request has no socket yet that could close it.
    incoming.on('close', () => incoming.errored && this.#leave());
    if (this.#isClosed) this.#leave();
  }

  /**
   * Sends a response to its end, or until the client leaves.
   *
   * @throws what its body fails with, and TypeError or RangeError for what is no response
   */
  async send(response: Response, method: string | undefined): Promise<void> {
    if (!isResponse(response)) throw new TypeError(`expected a handler to give a Response, found ${String(response)}`);
    if (response.bodyUsed)
      throw new TypeError('expected a Response that nobody has read, found one whose body is used');
    if (this.#isClosed) {
      this.#leave();
      if (response.body) this.#cancel(response.body.getReader(), this.signal.reason);
      return;
    }
    try {
      this.#sendHead(response);
      if (response.body && method !== 'HEAD') await this.#sendBody(response.body);
      else if (response.body) this.#cancel(response.body.getReader());
    } catch (error) {
      if (!this.#outgoing.headersSent) this.#takeBack();
      // Whose source is told so, where it is not the one that failed.
      (this.#reader ?? response.body)?.cancel(error).catch(() => undefined);
      throw error;
    } finally {
      clearTimeout(this.#late);
      this.#reader = undefined;
    }
    if (!this.signal.aborted) this.#outgoing.end();
  }

  /** Tells the client that there is no answer: by the status, or, where an answer has begun, by breaking it off. */
  fail(status: number): void {
    const outgoing = this.#outgoing;
    if (this.#isClosed) return;
    if (outgoing.headersSent) return this.#breakOff();
    outgoing.statusCode = status;
    outgoing.end();
  }

  /** Once what was written has left; at once for a client that does not take it. */
  #breakOff(): void {
    const { stream, socket, writableNeedDrain } = this.#outgoing;
    const close = (): unknown => stream?.close(HTTP2_INTERNAL_ERROR);
    if (stream && writableNeedDrain) close();
    else if (stream) stream.write('', close);
    else if (writableNeedDrain) socket?.destroy();
    // Without chunks a connection that is closed is the end of a body; one that is reset is not. (TLS cannot be reset.)
    else if (this.#isOld && socket && !socket.encrypted) socket.resetAndDestroy();
    else socket?.destroySoon();
  }

  get #isClosed(): boolean {
    const { destroyed, stream, writableEnded } = this.#outgoing;
    return this.signal.aborted || destroyed || stream?.destroyed || writableEnded;
  }

  #leave(): void {
    if (this.signal.aborted) return;
    const reason = new DOMException(
      'expected the client to wait for the whole answer, found that it left',
      'AbortError',
    );
    // Before the signal: so that the body, too, learns that it is its reader who has left.
    if (this.#reader) this.#cancel(this.#reader, reason);
    this.#abort.abort(reason);
    this.#end(reason);
    this.#goOn?.();
  }

  #cancel(reader: ReadableStreamDefaultReader<Uint8Array>, reason?: unknown): void {
    // A body that had failed before says so once more, and may only have learnt of the same.
    let failed = false;
    reader.closed.catch(() => (failed = true));
    reader.cancel(reason).catch((error: unknown) => failed || this.#report(error));
  }

  #sendHead(response: Response): void {
    const outgoing = this.#outgoing;
    const { status, statusText, headers } = response;
    // That of `Response.error()` is 0.
    if (!(status >= 200)) throw new RangeError(`expected a response with a status from 200 on, found ${status}`);
    outgoing.statusCode = status;
    // HTTP/2 has none, and Node warns.
    if (statusText && !outgoing.stream) outgoing.statusMessage = statusText;
    // Of `fetch`, which has decoded the body.
    const decoded = response.url ? ['content-encoding', 'content-length'] : [];
    const set = (name: string, value: string | string[]): void => {
      this.#before.push([name, outgoing.getHeader(name)]);
      outgoing.setHeader(name, value);
    };
    headers.forEach((value, name) => {
      if (name === 'set-cookie' || HOP_BY_HOP.includes(name) || decoded.includes(name)) return;
      // What is there was set by middleware.
      const before = name === 'vary' ? outgoing.getHeader(name) : undefined;
      set(name, before === undefined ? value : [before, value].flat().join(', '));
    });
    const cookies = headers.getSetCookie();
    if (cookies.length) {
      const before = [outgoing.getHeader('set-cookie') ?? []].flat().map(String);
      set('set-cookie', before.concat(cookies));
    }
    if (!outgoing.stream) outgoing.socket?.setNoDelay(true);
  }

  /** The head of an answer that does not come. */
  #takeBack(): void {
    const outgoing = this.#outgoing;
    for (const [name, value] of this.#before) {
      if (value === undefined) outgoing.removeHeader(name);
      else outgoing.setHeader(name, value);
    }
    if (!outgoing.stream) outgoing.statusMessage = '';
  }

  async #sendBody(body: ReadableStream<Uint8Array>): Promise<void> {
    const outgoing = this.#outgoing;
    const reader = body.getReader();
    this.#reader = reader;
    // A body may fail for a client that takes nothing.
    reader.closed.catch(() => this.#goOn?.());
    // The head leaves with the first chunk, or, where that takes its time, before it.
    this.#late = setTimeout(() => this.#isClosed || outgoing.flushHeaders?.());
    for (;;) {
      const { done, value } = await reader.read();
      clearTimeout(this.#late);
      if (done || this.signal.aborted) return;
      if (!ArrayBuffer.isView(value)) throw new TypeError(`expected chunks of bytes, found ${typeof value}`);
      const hasRoom = outgoing.write(value);
      outgoing.flush?.();
      if (!hasRoom && !this.signal.aborted) await new Promise<void>((resolve) => (this.#goOn = resolve));
    }
  }
}
