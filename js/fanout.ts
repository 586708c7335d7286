/** Those who read a channel, and what is handed to them. */
import type { Log } from './log.js';
import { Batch, type Subscriber } from './subscriber.js';
import { Turn } from './turn.js';

/** So many bytes are collected in one turn before they are handed on. */
const PIECE = 16 * 1024;

export class Fanout {
  readonly #log: Log;
  readonly #subscribers = new Set<Subscriber>();
  readonly #turn = new Turn(
    () => this.distribute(),
    () => false,
  );
  /** Up to which sequence of the log everything was handed to those who are live. */
  #delivered = 0;
  /** Bytes that were not. */
  #collected = 0;
  /** It is being done. */
  #distributing = false;

  constructor(log: Log) {
    this.#log = log;
  }

  get size(): number {
    return this.#subscribers.size;
  }

  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
  }

  delete(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
  }

  /** Everybody, once they have what is in the log. */
  all(): Subscriber[] {
    this.distribute();
    return [...this.#subscribers];
  }

  /** The log has begun anew. */
  begin(): void {
    this.#delivered = this.#log.end;
    this.#collected = 0;
  }

  /** So many bytes were added to the log: they go on at the end of the turn. */
  added(bytes: number): void {
    this.#collected += bytes;
    if (this.#collected < PIECE) this.#turn.touch();
    else this.distribute();
  }

  /** Hands what is in the log to those who are live. */
  distribute(): void {
    this.#turn.cancel();
    // A filter that publishes: what it does comes behind what it is asked about.
    if (this.#distributing) return;
    this.#distributing = true;
    for (let end; (end = this.#log.end) !== this.#delivered; this.#delivered = end) {
      this.#collected = 0;
      const batch = new Batch(this.#log, this.#delivered, end);
      for (const subscriber of this.#subscribers) subscriber.deliver(batch);
      this.#log.deliver(end);
    }
    this.#distributing = false;
  }
}
