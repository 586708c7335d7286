// Every hostile value in every field, and what a reader has to find. Runs in Node and in pages.

import { RETRIES, STRINGS } from './values.mjs';

/** An event with a value in one of the places where a string can stand; all of them reach a reader as one event. */
const FIELDS = {
  'a string': (value) => value,
  data: (value) => ({ data: value }),
  'data as JSON': (value) => ({ data: { [value]: [value] } }),
  event: (value) => ({ event: value, data: 'hostile' }),
  id: (value) => ({ id: value, data: 'hostile' }),
  comment: (value) => ({ comment: value, data: 'hostile' }),
  'every field': (value) => ({ comment: value, event: value, id: value, data: value }),
  'the data of an event that was read': (value) => ({ type: 'message', data: value, lastEventId: '' }),
  'the type of an event that was read': (value) => ({ type: value, data: 'hostile', lastEventId: '7' }),
  'the id of an event that was read': (value) => ({ type: 'update', data: 'hostile', lastEventId: value }),
};

/** Halves of a surrogate pair that would meet if the strings of an event were only put one behind the other. */
const BORDERS = {
  'comment and event': { comment: '\ud83d', event: '\ude80', data: 'hostile' },
  'comment and data': { comment: '\ud83d', data: '\ude80' },
  'event and id': { event: '\ud83d', id: '\ude80', data: 'hostile' },
  'event and data': { event: 'x\ud83d', data: '\ude80x' },
  'id and data': { id: '\ud83d', data: '\ude80' },
  'all parts': { comment: '\ude80\ud83d', event: '\ude80\ud83d', id: '\ude80\ud83d', data: '\ude80\ud83d' },
  'a line end on both sides': { comment: 'x\r', data: '\nx' },
};

/** What is sent around each: with half a pair to the hostile side, and an id whose loss or change the event behind shows. */
export const BEFORE = { event: 'before', id: 'before', data: 'before\ud83d' };
export const AFTER = { comment: '\ude80after', event: 'after', data: 'after' };
/** Tells a reader that it has everything. */
export const END = { event: 'end', data: 'end' };

export const VALUES = Object.keys(STRINGS).length;

/** By the name of the field: `{ name, event }` each. */
export const CASES = Object.fromEntries([
  ...Object.entries(FIELDS).map(([field, make]) => [field, casesOf(STRINGS, make)]),
  ['retry', casesOf(RETRIES, (retry) => ({ retry, data: 'hostile' }))],
  ['borders', casesOf(BORDERS, (event) => event)],
]);

function casesOf(values, make) {
  return Object.entries(values).map(([name, value]) => ({ name, event: make(value) }));
}

/** The code of the error with which an event has to be refused, or undefined. */
export function refusalOf(event) {
  const { event: type, id, retry } = partsOf(event);
  if (/[\r\n]/.test(type ?? '')) return 'invalid-event';
  if (/[\r\n\0]/.test(id ?? '')) return 'invalid-id';
  if (retry !== undefined && !(Number.isSafeInteger(retry) && retry >= 0)) return 'invalid-retry';
  return undefined;
}

/**
 * The streams that are read, each with the events that are sent and the items that have to be found: `{ comment }`, `{ retry }`
 * and `{ type, data, lastEventId }`. By `way`: in `'first'` the hostile event is the first of a batch, and of its stream; in
 * `'batch'` it is in the middle of one; in `'stream'` it is sent by `eventStream`, which may refuse it, and goes on.
 */
export function streams() {
  const all = [];
  const add = (way, name, batches) =>
    all.push({ way, name, batches, expected: itemsOf([...batches.flat(), END], way === 'stream') });
  for (const [field, cases] of Object.entries(CASES)) {
    const accepted = cases.filter(({ event }) => !refusalOf(event));
    for (const { name, event } of accepted) add('first', `${field}: ${name}`, [[event, AFTER]]);
    add(
      'batch',
      field,
      accepted.map(({ event }) => [BEFORE, event, AFTER]),
    );
    add(
      'stream',
      field,
      cases.map(({ event }) => [BEFORE, event, AFTER]),
    );
  }
  return all;
}

/** What is read of these events; with the comment that responses begin with, or without it. */
export function itemsOf(events, ofResponse) {
  const items = ofResponse ? [{ comment: '' }] : [];
  let lastEventId = '';
  for (const event of events) {
    if (refusalOf(event)) continue;
    const { comment, event: type, id, data, retry } = partsOf(event);
    const comments = comment === undefined ? [] : normal(comment).split('\n');
    for (const line of comments) items.push({ comment: line });
    if (id !== undefined) lastEventId = normal(id);
    if (retry !== undefined) items.push({ retry: Math.abs(retry) });
    items.push({ type: normal(type ?? '') || 'message', data: normal(data), lastEventId });
  }
  return items;
}

/** [spec] Line ends reach a reader as LF; UTF-8 has no lone surrogates. */
function normal(text) {
  return text.toWellFormed().replace(/\r\n?/g, '\n');
}

/** What an event is made of, with its data as the text that is sent. */
export function partsOf(event) {
  if (typeof event === 'string') return { data: event };
  if ('lastEventId' in event) return { event: event.type, id: event.lastEventId || undefined, data: event.data };
  return { ...event, data: typeof event.data === 'string' ? event.data : JSON.stringify(event.data) };
}

/** Undefined where both are the same, else where they part, in a few words. */
export function difference(found, expected) {
  const at = expected.findIndex((item, number) => JSON.stringify(item) !== JSON.stringify(found[number]));
  if (at < 0 && found.length === expected.length) return undefined;
  const show = (item) => JSON.stringify(item)?.slice(0, 300);
  const from = at < 0 ? expected.length : at;
  return `item ${from} of ${expected.length}: expected ${show(expected[from])}, found ${show(found[from])} of ${found.length}`;
}
