/**
 * Counts what a stream lost and repeated, from the sequence numbers in its events: each must be one more than the one
 * before it, across all connections.
 */
export class Ledger {
  seen = 0;
  missed = 0;
  repeated = 0;
  /** @type {number} the number that came last */
  last;

  /** @param {number} first the number that the stream begins with */
  constructor(first) {
    this.last = first - 1;
  }

  /** @param {number} seq */
  see(seq) {
    this.seen++;
    if (seq <= this.last) {
      this.repeated++;
      return;
    }
    this.missed += seq - this.last - 1;
    this.last = seq;
  }
}
