// A stream that is known beforehand, and where to cut it. The server and the test that checks it make the same one.

import { random } from './random.mjs';

export const TYPES = ['message', 'token', '更新'];
const PIECES = [
  'plain words',
  '',
  '  leading',
  '漢字かな交じり',
  'emoji 🚀🧪 and ❤️',
  'two\nlines',
  '\n',
  'ñandú',
  'x'.repeat(90),
];
const IDS = [(n) => `${n}`, (n) => `號-${n}`, (n) => `🚀${n}é`, (n) => `${n} of:many`];

/** `count` events, each with an id of its own, the last of type `end`. */
export function makeStory(seed, count) {
  const next = random(seed);
  const pick = (list) => list[Math.floor(next() * list.length)];
  return Array.from({ length: count }, (_, n) => {
    const event = n === count - 1 ? 'end' : pick(TYPES);
    return { id: pick(IDS)(n), data: `${n} ${pick(PIECES)}`, ...(event === 'message' ? {} : { event }) };
  });
}

/** What a reader is to get of the story. */
export function asRead(story) {
  return story.map(({ id, data, event = 'message' }) => ({ type: event, data, lastEventId: id }));
}

const WITHIN = 300;

/**
 * How many of the bytes to send: any number from `least` on, or up to the middle of a character or of a field's name behind
 * it.
 */
export function cutOf(bytes, next, least = 0) {
  const start = least + Math.floor(next() * WITHIN);
  const way = Math.floor(next() * 3);
  for (let at = start; at < bytes.length - 2; at++) {
    if (way === 1 && (bytes[at] & 0xc0) === 0x80) return { at, where: 'character' };
    const lineStart = bytes[at - 1] === 10 || bytes[at - 1] === 13;
    if (way === 2 && lineStart && bytes[at] > 97) return { at: at + 1, where: 'name' };
    if (way === 0) break;
  }
  return { at: start, where: 'anywhere' };
}

/** The same lines with other ends. Frames are written with LF, and have one nowhere else. */
export function withLineEnds(bytes, ends) {
  if (ends === '\n') return bytes;
  return new TextEncoder().encode(new TextDecoder().decode(bytes).replaceAll('\n', ends));
}
