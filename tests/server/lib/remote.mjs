// What a test asks the handler for.

import { setTimeout as sleep } from 'node:timers/promises';

import { RawClient } from './client.mjs';

/** How long between two looks. */
const LOOK_MS = 10;

/** A handler that runs somewhere, in front of which there may be a proxy. */
export class Remote {
  #url;

  constructor(url) {
    this.#url = url;
  }

  async ask(path, query = {}) {
    const response = await fetch(`${this.#url}${path}?${new URLSearchParams(query)}`);
    if (!response.ok) throw new Error(`expected an answer to ${path}, found status ${response.status}`);
    return response.headers.get('content-type')?.includes('json') ? response.json() : response.text();
  }

  report(name) {
    return this.ask('/report', { name });
  }

  /** Waits for a report. */
  async until(name, condition) {
    for (;;) {
      const report = await this.report(name);
      if (condition(report)) return report;
      await sleep(LOOK_MS);
    }
  }
}

/** A client that is connected and has the first bytes of a stream, or has only sent its request for one that is held. */
export async function openStream(port, query) {
  const client = new RawClient(port, `/stream?${new URLSearchParams(query)}`);
  if (!query.hold) await client.until(({ received }) => /\r\n\r\n[^]*\n: ?\n/.test(received));
  return client;
}
