import type { Driver } from './driver.js';
import type { EventSourceError } from './error.js';
import type { ServerSentEvent } from './event.js';
import type { isIdempotent } from './options.js';

/**
 * What sharing needs of the client that loads it. It is handed over instead of imported: what two files of a bundle both import,
 * esbuild puts into a third, and a page that shares nothing would have 0.24 KB gzip more to load.
 */
export interface Client {
  readonly Driver: typeof Driver;
  readonly EventSourceError: typeof EventSourceError;
  readonly ServerSentEvent: typeof ServerSentEvent;
  readonly isIdempotent: typeof isIdempotent;
}

/** There once something is shared. */
export let client: Client;

export function useClient(given: Client): void {
  client = given;
}
