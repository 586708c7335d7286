/** Where a channel keeps its events beyond the memory of one process. */

/** An event as a store keeps it: what {@link EventInit} is, with its data as text. */
export interface StoredEvent {
  readonly event?: string | undefined;
  readonly data?: string | undefined;
  readonly retry?: number | undefined;
  readonly comment?: string | undefined;
  /** What the event is the newest state of. */
  readonly key?: string | undefined;
}

/** An event, and where it stands. */
export interface StoredEntry {
  /** `<epoch>-<number>`, both whole numbers below 2^53; the positions of a store only ever grow. */
  readonly position: string;
  readonly event: StoredEvent;
}

/** What a store has behind a position. */
export interface StoredPage {
  /** In order. Empty where there is nothing behind it. */
  readonly entries: readonly StoredEntry[];
  /** Some of what was behind it is not kept any more, or the position is none of this store's: the entries begin with the oldest. */
  readonly gap: boolean;
}

/**
 * What a {@link Channel} needs of a place that keeps its events, so that they outlive the process or are shared by several. One
 * store is one channel's. What it throws or rejects with, `publish` rejects with, and a reader that comes back is cut.
 */
export interface ChannelStore {
  /** Keeps an event, and tells where it stands. Calls come one after the other, unless the store has `follow`. */
  append(event: StoredEvent): string | Promise<string>;
  /** The events behind a position, at most `limit`; without a position, from the oldest that is kept on. */
  read(after: string | undefined, limit: number): StoredPage | Promise<StoredPage>;
  /** The position of the newest event of all that `append` was called with, or the one that the first one will stand behind. */
  head(): string | Promise<string>;
  /**
   * Hands over every event behind a position as it comes, in order, also those that this process appends, until the signal aborts.
   * Only for stores that others append to: without it a channel hands on what it appends itself. `deliver` resolves when those who
   * read have had a chance to: a store that waits for it does not outrun readers that keep up. Where it can't go on without leaving
   * events out it rejects: the readers are cut then, and get from `read` what they have missed when they come back.
   */
  follow?(
    after: string,
    deliver: (entries: readonly StoredEntry[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
}
