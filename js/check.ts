/** The options of a connection, checked before anything is sent. */
import type { ConnectInit } from './options.js';

type Test = (value: unknown) => boolean;

const isText: Test = (value) => typeof value === 'string';
const isObject: Test = (value) => Object(value) === value;
const from =
  (least: number, most = Infinity): Test =>
  (value) =>
    typeof value === 'number' && value >= least && value <= most;

export const isTime = from(0);

/** What options have to be, which ones, and whether a value is that; without a test it is one of the words. */
const KINDS: readonly (readonly [what: string, names: string, test?: Test])[] = [
  ['a string', 'method referrer referrerPolicy integrity lastEventId shareAcrossTabs', isText],
  ['a boolean', 'keepalive pauseWhenHidden', (value) => typeof value === 'boolean'],
  ['a function', 'fetch', (value) => typeof value === 'function'],
  ['an object or a function', 'headers retry', isObject],
  // An object literal would be sent as "[object Object]".
  [
    'a body of fetch',
    'body',
    (value) =>
      value === null || isText(value) || (isObject(value) && Object.getPrototypeOf(value) !== Object.prototype),
  ],
  ['an AbortSignal', 'signal', (value) => value === null || (isObject(value) && 'aborted' in (value as object))],
  ['auto, always, never', 'resume'],
  ['omit, same-origin, include', 'credentials'],
  ['cors, no-cors, same-origin', 'mode'],
  ['default, no-store, reload, no-cache, force-cache, only-if-cached', 'cache'],
  ['follow, error, manual', 'redirect'],
  ['high, low, auto', 'priority'],
  // Whether it can be one is checked with every parser.
  ['a number', 'maxEventSize', (value) => typeof value === 'number'],
  ['a number from 1 on', 'connectTimeout idleTimeout retry.factor', from(1)],
  ['a number from 0 on', 'retry.delay retry.maxDelay retry.maxAttempts retry.maxElapsed', isTime],
  ['a number from 0 to 1', 'retry.jitter', from(0, 1)],
  ['a list of statuses', 'retry.statuses', (value) => Array.isArray(value) && value.every(from(100, 999))],
];

/**
 * Throws a `TypeError` where an option is not what it should be. What is unknown is ignored, as Web IDL ignores it; so is any
 * value of `withCredentials`, which it makes a boolean.
 */
export function checkOptions(init: ConnectInit): void {
  if (!isObject(init)) throw new TypeError(`expected options to be an object, found ${show(init)}`);
  for (const [what, names, test] of KINDS) {
    for (const name of names.split(' ')) {
      const value = name
        .split('.')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], init);
      if (value === undefined || (test ? test(value) : what.split(', ').includes(value as string))) continue;
      throw new TypeError(`expected option ${name} to be ${test ? '' : 'one of '}${what}, found ${show(value)}`);
    }
  }
}

/** A value in a message. */
export function show(value: unknown): string {
  return isText(value) ? JSON.stringify(value) : isObject(value) ? `a value of type ${typeof value}` : String(value);
}
