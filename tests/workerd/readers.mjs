// Readers at the end of connections of their own, which can be held up and broken off.

import { get } from 'node:http';

/** A connection's text as it comes; `ended` is true at its end, `broken` where it is broken off. */
export class Reader {
  text = '';
  status = 0;
  ended = false;
  broken = false;
  #request;
  #response;

  /** With `held` nothing of the body is read until `resume`. */
  constructor(url, { headers = {}, held = false } = {}) {
    const broke = () => (this.broken = !this.ended);
    this.#request = get(url, { headers, agent: false }, (response) => {
      this.status = response.statusCode;
      this.#response = response;
      response.setEncoding('utf8').on('end', () => (this.ended = true));
      response.on('error', broke).on('close', broke);
      if (!held) this.resume();
    }).on('error', broke);
  }

  resume() {
    this.#response.on('data', (piece) => (this.text += piece));
  }

  leave() {
    this.#request.destroy();
  }

  /** The data of its events, and the id of the last. */
  get data() {
    return [...this.text.matchAll(/^data: (.*)$/gm)].map(([, data]) => data);
  }

  get lastEventId() {
    return this.text.match(/^id: (.*)$(?![\s\S]*^id: )/m)?.[1];
  }
}

/** No test comes near it: what it waits for has not happened, and is named. */
const HANG_MS = 60_000;

/** Waits for a condition, asked every 10 ms. */
export async function until(condition) {
  const start = Date.now();
  while (!(await condition())) {
    if (Date.now() - start > HANG_MS) throw new Error(`expected ${condition} within ${HANG_MS / 1000} s`);
    await new Promise((done) => setTimeout(done, 10));
  }
}
