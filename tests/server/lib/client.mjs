// Raw clients: a socket that sends a GET, and does with the answer what it is told.

import { connect } from 'node:net';

/** What a client does with its connection, whatever it makes of the bytes. */
export class SocketClient {
  ended = false;
  #socket;
  #wake = [];

  constructor(port, path, headers = {}) {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#socket = connect({ port, host: '127.0.0.1' });
    this.#socket.on('data', (bytes) => {
      this.take(bytes);
      this.#tell();
    });
    // A reset is the end, too.
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.ended = true;
      this.#tell();
    });
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${lines.join('')}\r\n`);
  }

  /** What it has of the answer, for messages. */
  get tail() {
    return '';
  }

  /** Waits for bytes until the condition is true. */
  async until(condition) {
    while (!condition(this)) {
      if (this.ended) throw new Error(`expected more of the stream, found its end after ${this.tail}`);
      await this.#next();
    }
  }

  /** Waits for the connection's end. */
  async end() {
    while (!this.ended) await this.#next();
  }

  pause() {
    this.#socket.pause();
  }

  resume() {
    this.#socket.resume();
  }

  /** Sends RST. */
  reset() {
    this.#socket.resetAndDestroy();
  }

  /** Closes both directions: FIN, and RST for what comes later. */
  fin() {
    this.#socket.destroy();
  }

  /** Closes its own direction only. */
  half() {
    this.#socket.end();
  }

  #next() {
    return new Promise((done) => this.#wake.push(done));
  }

  #tell() {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** Keeps all that came, head and chunk sizes included, a character a byte. */
export class RawClient extends SocketClient {
  received = '';

  take(bytes) {
    this.received += bytes.toString('latin1');
  }

  get tail() {
    return JSON.stringify(this.received.slice(-300));
  }

  /** Whether the answer has ended; the connection may be kept. */
  get over() {
    return this.ended || this.received.endsWith('\r\n0\r\n\r\n');
  }
}
