/** What Redis answers about a stream, by its older and its newer protocol. */
import type { StoredEntry, StoredEvent } from './channel-store.js';
import { isBehind, parsePosition } from './position.js';

/** Where a stream begins that never had an entry. */
const START = '0-0';

type Entry = readonly [id: string, fields: readonly string[]];

/** What is known of a stream as a whole. */
export interface Info {
  /** The id of the newest entry that there ever was. */
  readonly last: string;
  /** The id of the oldest one that is kept, unless there is none. */
  readonly first: string | undefined;
  readonly length: number;
  /** How many there ever were; only Redis 7 and newer tell. */
  readonly added: number | undefined;
}

/** The fields of an entry; what is not there is left out. One with no field is none. */
export function fieldsOf({ event, data, key, retry, comment }: StoredEvent): string[] {
  const fields = Object.entries({ event, data, key, retry, comment }).filter(([, value]) => value !== undefined);
  return fields.length ? fields.flatMap(([name, value]) => [name, String(value)]) : ['comment', ''];
}

function entryOf([position, fields]: Entry): StoredEntry {
  const { event, data, key, retry, comment } = pairsOf<string>(fields);
  return { position, event: { event, data, key, comment, retry: retry === undefined ? retry : Number(retry) } };
}

/** The answer to XRANGE. */
export function entriesOf(reply: unknown): StoredEntry[] {
  return (reply as Entry[]).map(entryOf);
}

/** The answer to XREAD of one stream, which is null where nothing came. */
export function newEntriesOf(reply: unknown): StoredEntry[] {
  if (!reply) return [];
  // A list of a key and its entries, or a map of them, which may come as a list, too.
  const isList = Array.isArray(reply) && Array.isArray(reply[0]);
  return entriesOf(isList ? (reply[0] as unknown[])[1] : Object.values(pairsOf(reply))[0]);
}

/** The answer to XINFO STREAM. A key that is not there is a stream that has not begun. */
export async function infoOf(reply: Promise<unknown>): Promise<Info> {
  let info;
  try {
    info = pairsOf<unknown>(await reply);
  } catch (error) {
    if (!/no such key/.test(String(error))) throw error;
    return { last: START, first: undefined, length: 0, added: 0 };
  }
  const { length, 'last-generated-id': last, 'first-entry': first, 'entries-added': added } = info;
  return {
    last: String(last),
    first: (first as Entry | null | undefined)?.[0],
    length: Number(length),
    added: added === undefined ? added : Number(added),
  };
}

/** Names and values, which come one behind the other or as a map. */
function pairsOf<T>(reply: unknown): Record<string, T | undefined> {
  if (reply instanceof Map) return Object.fromEntries(reply as Map<string, T>);
  if (!Array.isArray(reply)) return reply as Record<string, T>;
  const pairs: Record<string, T> = {};
  for (let at = 0; at < reply.length; at += 2) pairs[String(reply[at])] = reply[at + 1] as T;
  return pairs;
}

/** Whether one id stands behind another. */
export function isIdBehind(id: string, other: string): boolean {
  const [position, before] = [parsePosition(id), parsePosition(other)];
  return Boolean(position && before && isBehind(position, before));
}

/**
 * Whether entries behind a position are not kept any more, of a stream that keeps at least `maxLength` of them.
 *
 * Redis tells the oldest entry, and not which one was trimmed last: where somebody has read exactly up to that, there may have been
 * nothing else, but it cannot be known.
 */
export function trimmed(after: string, { last, first, length, added }: Info, maxLength = Infinity): boolean {
  if (!isIdBehind(last, after) || (first && !isIdBehind(first, after))) return false;
  // Whoever begins with the stream has missed something only if anything was ever removed.
  return after !== START || (added === undefined ? length >= maxLength : added !== length);
}
