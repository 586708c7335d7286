// Reads HTTP/1.1 requests off a socket, as bytes, so that the log has what was really sent.

/** What a socket sends, to be taken in measures; every promise rejects when the socket closes first. */
export class Wire {
  #bytes = Buffer.alloc(0);
  #pieces = [];
  #wake = () => undefined;
  #closed = false;

  constructor(socket) {
    socket.on('data', (piece) => {
      this.#pieces.push(piece);
      this.#wake();
    });
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  async #more() {
    if (!this.#pieces.length && !this.#closed) await new Promise((done) => (this.#wake = done));
    if (!this.#pieces.length) throw new Error('expected more bytes, found the end of the socket');
    this.#bytes = Buffer.concat([this.#bytes, ...this.#pieces]);
    this.#pieces = [];
  }

  async take(length) {
    while (this.#bytes.length < length) await this.#more();
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  /** Up to `mark` and without it, a character a byte. */
  async takeUntil(mark) {
    let from = 0;
    for (;;) {
      const at = this.#bytes.indexOf(mark, from, 'latin1');
      if (at >= 0) {
        const text = (await this.take(at)).toString('latin1');
        await this.take(mark.length);
        return text;
      }
      from = Math.max(0, this.#bytes.length - mark.length);
      await this.#more();
    }
  }

  /** `{ method, target, headers, body }`; header values and the body have a character a byte. */
  async request() {
    const [first, ...lines] = (await this.takeUntil('\r\n\r\n')).split('\r\n');
    const [method, target] = first.split(' ');
    const headers = lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')];
    });
    const header = (wanted) => headers.find(([name]) => name === wanted)?.[1];
    let body = '';
    if (/chunked/i.test(header('transfer-encoding') ?? '')) body = await this.#chunks();
    else body = (await this.take(Number(header('content-length') ?? 0))).toString('latin1');
    return { method, target, headers, body, header };
  }

  async #chunks() {
    let body = '';
    for (;;) {
      const size = parseInt(await this.takeUntil('\r\n'), 16);
      if (size > 0) body += (await this.take(size)).toString('latin1');
      await this.takeUntil('\r\n');
      if (!(size > 0)) return body;
    }
  }
}
