// What random stories share.

import { random } from '../../e2e/random.mjs';

/** What one seed decides. */
export function dice(seed) {
  const next = random(seed);
  const below = (limit) => Math.floor(next() * limit);
  return { below, one: (list) => list[below(list.length)], likely: (share) => next() < share };
}

/** Reads a body as fast as it is told to. */
export class SlowReader {
  text = '';
  done = false;
  #reader;
  #reading;
  #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(response) {
    this.#reader = response.body.getReader();
  }

  /** Asks for a chunk, if it is not doing so. */
  ask() {
    return (this.#reading ??= this.#reader.read().then(
      ({ done, value }) => {
        this.text += done ? '' : this.#decoder.decode(value);
        this.done = done;
        this.#reading = undefined;
      },
      () => (this.done = true),
    ));
  }

  /** Reads all that is left. */
  async end() {
    while (!this.done) await this.ask();
  }

  cancel() {
    return this.#reader.cancel('bye').catch(() => undefined);
  }

  /** What has been read, but for a frame that was broken off. */
  get frames() {
    return this.text.split(/(?<=\n\n)/).filter((frame) => frame.endsWith('\n\n'));
  }
}
