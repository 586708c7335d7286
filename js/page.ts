/** What a store has of the past, a page at a time, as frames. */
import type { ChannelStore, StoredEntry, StoredEvent } from './channel-store.js';
import type { EventInit } from './event-init.js';
import { leftOut } from './following.js';
import { encode } from './frames.js';

/** How many events a page has at most. */
const PAGE = 256;

/** The id of the event at a position. */
export type IdOf = (position: string) => string | Promise<string>;

/** What has been read of a store. */
export interface Page {
  readonly chunk: Uint8Array;
  readonly events: number;
  /** Up to where, unless there was nothing. */
  readonly last: string | undefined;
  readonly gap: boolean;
}

/** Reads what a store has behind a position, or from its oldest event on. */
export async function readPage(store: ChannelStore, after: string | undefined, idOf: IdOf): Promise<Page> {
  const { entries, gap } = await store.read(after, PAGE);
  const [chunk, events] = await framesFrom(entries, idOf);
  return { chunk, events, last: entries.at(-1)?.position, gap };
}

/** The frames of events that a store has kept. One that cannot be sent is left out. */
async function framesFrom(entries: readonly StoredEntry[], idOf: IdOf): Promise<[chunk: Uint8Array, events: number]> {
  const ids = await Promise.all(entries.map(async ({ position }) => await idOf(position)));
  const events = entries.map(({ event }, at) => ({ ...event, id: ids[at]! }));
  try {
    return [encode(events), countOf(events)];
  } catch {
    const sent = events.filter(canBeSent);
    return [encode(sent), countOf(sent)];
  }
}

/** How many have data. */
function countOf(events: readonly StoredEvent[]): number {
  return events.filter(({ data }) => data !== undefined).length;
}

function canBeSent(event: EventInit): boolean {
  try {
    encode(event);
    return true;
  } catch (error) {
    leftOut(error);
    return false;
  }
}
