/** What a channel and its readers are given, and what is left of a channel. */
import type { ChannelStore } from './channel-store.js';
import type { HistoryInit } from './log.js';
import type { ResponseInit } from './respond.js';
import type { ServerStream } from './server-stream.js';
import type { Filter } from './subscriber.js';

/** What a reader of a channel may be given. */
export interface SubscribeInit extends ResponseInit {
  /**
   * What this reader gets of the channel. One that throws ends the stream.
   */
  filter?: Filter | undefined;
  /** Called with the stream, for who wants to know of its end, or to send this reader something of its own. */
  onSubscribe?: ((stream: ServerStream) => void) | undefined;
}

/** What {@link Channel} takes; all but the first three are defaults for `subscribe`. */
export interface ChannelInit extends Omit<ResponseInit, 'waitUntil'> {
  /** How much of the past is kept in memory. */
  history?: HistoryInit | undefined;
  /** Where events are kept beyond that. */
  store?: ChannelStore | undefined;
  /** With a secret of at least 16 bytes, ids are signed, so that a client cannot make up a place to go on from. */
  ids?: { readonly secret: string | Uint8Array } | undefined;
}

/** What is left of a channel: {@link Channel.snapshot}. It can be cloned, and written as JSON. */
export interface ChannelSnapshot {
  readonly version: 1;
  /** The position before the oldest event. */
  readonly before: string;
  /** The frames, and when they were published. */
  readonly events: readonly { readonly frame: string; readonly at: number }[];
}

/** The options that are given. */
export function given<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
