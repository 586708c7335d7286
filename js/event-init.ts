/** What is taken for an event to send, and what is refused before a byte is written. */
import type { StoredEvent } from './channel-store.js';
import { EventSourceError } from './error.js';

/** One event to send. Every part may be left out; a string is short for `{ data }`, and an event that was read is sent on. */
export type EventInit =
  | string
  | { readonly type: string; readonly data: string; readonly lastEventId: string }
  | {
      /**
       * The data: a string goes as it is, bytes go as base64, any other value as JSON. Line ends in a string start a new
       * `data` line and reach the reader as LF.
       */
      readonly data?: unknown;
      /** The event type, without CR and LF; the reader takes `'message'` where there is none. */
      readonly event?: string | undefined;
      /** The id, without CR, LF and NUL; the empty string resets the reader's last event ID. */
      readonly id?: string | number | undefined;
      /** A new reconnection time for the reader: a whole number of milliseconds. */
      readonly retry?: number | undefined;
      /** A comment, which no reader sees. */
      readonly comment?: string | undefined;
      /** What the event is the newest state of, for the overflow policy `'latest-per-key'`. Default: the event type. It is not sent. */
      readonly key?: string | undefined;
    };

/** An event for a channel, which gives it its id; its data as text. */
export function storedEvent(event: EventInit): StoredEvent {
  if (typeof event === 'string') return { data: event };
  if (typeof event !== 'object' || event === null) throw notAnEvent(event);
  if ('lastEventId' in event) {
    const { type, data } = checkRead(event);
    return type === 'message' ? { data } : { event: type, data };
  }
  const { id, data, ...rest } = event;
  if (data === undefined && !('event' in rest || 'comment' in rest || 'retry' in rest)) checkEmpty(rest);
  if (id === undefined) return data === undefined ? rest : { ...rest, data: dataText(data)! };
  throw new TypeError(`expected an event without an id, which its channel gives, found ${JSON.stringify(String(id))}`);
}

type ReadEvent = Extract<EventInit, { lastEventId: string }>;

/** One that was read has strings only, and nothing of one that was made: that would not be sent. */
export function checkRead(event: ReadEvent): ReadEvent {
  const made = ['event', 'id', 'retry', 'comment'].find((name) => name in event);
  const { type, data, lastEventId } = event;
  const all = typeof type === 'string' && typeof data === 'string' && typeof lastEventId === 'string';
  if (all && !made) return event;
  const found = made
    ? `one with lastEventId and ${made}`
    : `one with ${typeof type}, ${typeof data} and ${typeof lastEventId}`;
  throw new TypeError(`expected an event that was read to have type, data and lastEventId as strings, found ${found}`);
}

/** One without parts is nothing to send; one with others is a mistake, and not to be lost silently. */
export function checkEmpty(event: object): void {
  const parts = ['comment', 'event', 'id', 'data', 'retry', 'key'];
  const other = Object.keys(event).find((name) => !parts.includes(name));
  if (other === undefined) return;
  throw new TypeError(`expected an event to have ${parts.join(', ')} or none, found ${JSON.stringify(other)}`);
}

export function notAnEvent(found: unknown): TypeError {
  return new TypeError(`expected an event to be a string or an object, found ${String(found)}`);
}

export function optional(value: string | number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

export function dataText(data: unknown): string | undefined {
  if (typeof data === 'string' || data === undefined) return data;
  if (data instanceof ArrayBuffer) return base64(new Uint8Array(data));
  if (data instanceof Uint8Array) return base64(data);
  const text = JSON.stringify(data) as string | undefined;
  if (text === undefined) throw new TypeError(`expected data that has a JSON form, found ${typeof data}`);
  return text;
}

/** In pieces, as the arguments of a call are limited. */
function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return btoa(text);
}

/** [spec] A reader ignores a retry field that does not consist of ASCII digits. */
export function checkRetry(retry: number): number {
  if (Number.isSafeInteger(retry) && retry >= 0) return retry;
  // Not everything has a text.
  const found = typeof retry === 'number' ? String(retry) : typeof retry;
  throw new EventSourceError('invalid-retry', `expected retry to be a whole number of milliseconds, found ${found}`);
}
