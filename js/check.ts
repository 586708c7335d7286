/** The options of a connection, checked before anything is sent. */
import type { ConnectInit, RetryOptions } from './options.js';

/** A kind of value: what it is called, and whether a value is of it. */
type Kind = readonly [what: string, has: (value: unknown) => boolean];
type Kinds<T> = Readonly<Partial<Record<keyof T, Kind>>>;

const text: Kind = ['a string', (value) => typeof value === 'string'];
const flag: Kind = ['a boolean', (value) => typeof value === 'boolean'];
const call: Kind = ['a function', (value) => typeof value === 'function'];
const thing: Kind = ['an object or a function', (value) => Object(value) === value];
const signal: Kind = ['an AbortSignal', (value) => value instanceof Object && 'aborted' in value];
// An object literal would be sent as "[object Object]".
const body: Kind = [
  'a body of fetch',
  (value) => value === null || text[1](value) || (thing[1](value) && Object.getPrototypeOf(value) !== Object.prototype),
];

const from = (least: number, most = Infinity): Kind => [
  `a number from ${least} to ${most}`,
  (value) => typeof value === 'number' && value >= least && value <= most,
];
const oneOf = (names: string): Kind => [
  `one of ${names}`,
  (value) => text[1](value) && names.split(', ').includes(value as string),
];

const status = from(100, 999);
const OPTIONS: Kinds<ConnectInit> = {
  method: text,
  headers: thing,
  body,
  credentials: oneOf('omit, same-origin, include'),
  mode: oneOf('cors, no-cors, same-origin'),
  cache: oneOf('default, no-store, reload, no-cache, force-cache, only-if-cached'),
  redirect: oneOf('follow, error, manual'),
  referrer: text,
  referrerPolicy: text,
  integrity: text,
  keepalive: flag,
  priority: oneOf('high, low, auto'),
  fetch: call,
  signal,
  retry: thing,
  resume: oneOf('auto, always, never'),
  connectTimeout: from(1),
  idleTimeout: from(1),
  pauseWhenHidden: flag,
  lastEventId: text,
};
const RETRY: Kinds<RetryOptions> = {
  delay: from(0),
  maxDelay: from(0),
  factor: from(1),
  jitter: from(0, 1),
  maxAttempts: from(0),
  maxElapsed: from(0),
  statuses: [`a list of ${status[0]}`, (value) => Array.isArray(value) && value.every(status[1])],
};

/**
 * Throws a `TypeError` where an option is not what it should be. What is unknown is ignored, as Web IDL ignores it; so is any
 * value of `withCredentials`, which it makes a boolean.
 */
export function checkOptions(init: ConnectInit): void {
  if (Object(init) !== init) throw new TypeError(`expected options to be an object, found ${show(init)}`);
  check(init, OPTIONS);
  if (init.retry) check(init.retry, RETRY, 'retry.');
}

function check<T>(given: T, kinds: Kinds<T>, prefix = ''): void {
  for (const [name, kind] of Object.entries(kinds) as [string, Kind][]) {
    const value: unknown = given[name as keyof T];
    if (value === undefined || kind[1](value)) continue;
    throw new TypeError(`expected option ${prefix}${name} to be ${kind[0]}, found ${show(value)}`);
  }
}

/** A value in a message. */
export function show(value: unknown): string {
  if (Object(value) === value)
    return Array.isArray(value) ? 'an array' : `a${typeof value === 'object' ? 'n object' : ' function'}`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
