/** The following of a store that others append to. */
import type { ChannelStore, StoredEntry } from './channel-store.js';
import { isBehind, type Position, parsePosition, positionText } from './position.js';

/** From the first reader that comes to the last one that leaves, or until the store cannot go on. */
export class Following {
  readonly #ending = new AbortController();
  /** Up to where it has come. */
  #at: Position;
  /** Goes on with what waits for it to come further, or to end. */
  #onward: () => void = () => undefined;

  constructor(after: Position) {
    this.#at = after;
  }

  get ended(): boolean {
    return this.#ending.signal.aborted;
  }

  end(): void {
    this.#ending.abort();
    this.#onward();
  }

  /** Follows until it is ended. `take` gets the entries one after the other, `inOrder` with what else the channel does. */
  async run(
    store: ChannelStore,
    take: (entry: StoredEntry) => Promise<unknown>,
    inOrder: (work: () => Promise<void>) => Promise<void>,
  ): Promise<void> {
    const deliver = (entries: readonly StoredEntry[]): Promise<void> =>
      inOrder(async () => {
        for (const entry of entries) {
          if (this.ended) return;
          await take(entry).catch(leftOut);
          this.#at = parsePosition(entry.position) ?? this.#at;
          this.#onward();
        }
      });
    await store.follow!(positionText(this.#at), deliver, this.#ending.signal);
  }

  /** Waits until it has come to a position. False where it ends before. */
  async reach(position: Position): Promise<boolean> {
    while (!this.ended && isBehind(position, this.#at)) {
      await new Promise<void>((resolve) => (this.#onward = resolve));
    }
    return !this.ended;
  }
}

/** An event of the store cannot be sent: somebody else has appended it. Those behind it go on. */
export function leftOut(error: unknown): void {
  console.error('eventsource-wasm: expected a store to have events that can be sent, found another:', error);
}
