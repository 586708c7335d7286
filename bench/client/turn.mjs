// One turn of one contestant, in whatever runtime this is loaded.

/**
 * Takes away the garbage of whoever had the turn before, but only what is young: a full collection also forgets the classes of
 * objects that nobody has just then, and with them the code that was made for them, which is then made anew in every turn.
 */
export const tidy = () => globalThis.gc?.({ type: 'minor' });

/** Counts what a contestant finds. */
class Tally {
  count = 0;
  units = 0;
  first = 0;
  last = 0;

  constructor(target) {
    this.target = target;
  }

  /** True when that was the last one. */
  take(data) {
    if (this.count === 0) this.first = performance.now();
    this.count++;
    this.units += data.length;
    if (this.count < this.target) return false;
    this.last = performance.now();
    return true;
  }
}

/** Keeps what a contestant finds. */
class Keeper {
  events = [];

  constructor(target) {
    this.target = target;
  }

  take(_, event) {
    return this.events.push(event) >= this.target;
  }
}

/** Notes how old each event is that has its time of birth as data. */
class Watch {
  delays = [];

  constructor(target, clock) {
    this.target = target;
    this.clock = clock;
  }

  take(data) {
    const now = this.clock();
    return this.delays.push(now - Number(data)) >= this.target;
  }
}

/** What a contestant finds in a stream, as `[type, data]`. */
export async function check({ read, describe }, url, count) {
  const keeper = new Keeper(count);
  await read(url, keeper);
  return keeper.events.map(describe);
}

/** Milliseconds from the request, and from the first event, to the last event. */
export async function turn({ read }, url, { count, units }) {
  const tally = new Tally(count);
  const start = performance.now();
  await read(url, tally);
  if (tally.count !== count || tally.units !== units) {
    throw new Error(`expected ${count} events with ${units} units of data, found ${tally.count} with ${tally.units}`);
  }
  return { total: tally.last - start, span: tally.last - tally.first };
}

/** The delay of each event of a steady stream, in milliseconds by `clock`. */
export async function watch({ read }, url, count, clock) {
  const tally = new Watch(count, clock);
  await read(url, tally);
  return tally.delays;
}
