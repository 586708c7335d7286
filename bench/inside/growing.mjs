// Work that grows one way at a time, as chunks that are made while they are read: the memory is the parser's then.

import { createParser as createPeer } from 'eventsource-parser';
import { createParser } from 'eventsource-wasm/parser';

const CHUNK = 16 * 1024;
const TOTAL = 1024 * 1024;
const PER_CONNECTION = 16 * 1024;

const encoder = new TextEncoder();
const filling = encoder.encode('x'.repeat(CHUNK));
const head = encoder.encode('data: ');
const tail = encoder.encode('\n\n');
const stream = encoder
  .encode(Array.from({ length: 10_000 }, (_, n) => `data: {"n":${n},"delta":{"content":" token${n}"}}\n\n`).join(''))
  .slice(0, TOTAL);

/** A chunk source for each way to grow: `(size) => Iterable<Uint8Array>`, for one parser. */
const SOURCES = {
  *event(size) {
    yield head;
    for (let left = size; left > 0; left -= CHUNK) yield left < CHUNK ? filling.subarray(0, left) : filling;
    yield tail;
  },
  *chunk(size) {
    for (let at = 0; at < TOTAL; at += size) yield stream.subarray(at, at + size);
  },
  *lines(size) {
    for (let line = 0; line < size; line += 512) {
      const some = Array.from({ length: Math.min(512, size - line) }, (_, n) => `data: line ${line + n}\n`);
      yield encoder.encode(some.join(''));
    }
    yield tail.subarray(1);
  },
};

/** From the smallest to the largest. */
export const SIZES = {
  event: powers(4, 24),
  chunk: powers(4, 20),
  lines: powers(4, 18),
  connections: [1, 3, 10, 30, 100, 300, 1000],
};

function powers(base, bits) {
  return Array.from({ length: bits / Math.log2(base) + 1 }, (_, n) => base ** n);
}

/** `make(onEvent)` gives what is fed with bytes, and told that there are no more. */
export const CONTESTANTS = {
  ours: (onEvent) => {
    const parser = createParser({ onEvent, maxEventSize: 2 ** 30 });
    return { feed: (chunk) => parser.feed(chunk), end: () => parser.end() };
  },
  'eventsource-parser 4': (onEvent) => {
    const decoder = new TextDecoder();
    const parser = createPeer({ onEvent });
    return { feed: (chunk) => parser.feed(decoder.decode(chunk, { stream: true })), end: () => {} };
  },
};

/**
 * What there is to do at a size, once.
 *
 * @returns {(make: Function) => { events: number, characters: number }} with what came out
 */
export function workOf(way, size, kept = false) {
  const found = { events: 0, characters: 0 };
  const onEvent = ({ data }) => {
    found.events++;
    found.characters += data.length + (data.charCodeAt(0) | 0);
  };
  // Making lines takes longer than reading them: where time is measured, that is done before.
  const chunks = kept && way in SOURCES ? [...SOURCES[way](size)] : undefined;
  return (make) => {
    found.events = found.characters = 0;
    if (way === 'connections') interleave(size, make, onEvent);
    else {
      const parser = make(onEvent);
      for (const chunk of chunks ?? SOURCES[way](size)) parser.feed(chunk);
      parser.end();
    }
    return { ...found };
  };
}

/** Many streams at once, that get a chunk each in turn, cut within events. */
function interleave(connections, make, onEvent) {
  const parsers = Array.from({ length: connections }, () => make(onEvent));
  for (let at = 0; at < PER_CONNECTION; at += 1400) {
    const chunk = stream.subarray(at, Math.min(at + 1400, PER_CONNECTION));
    for (const parser of parsers) parser.feed(chunk);
  }
  for (const parser of parsers) parser.end();
}
