// Events → bytes, against eventsource-encoder and TextEncoder: one by one, and many at once.

import { encode as encodePeer } from 'eventsource-encoder';
import { encode } from 'eventsource-wasm/server';

import { compare, geometricMean } from './measure.mjs';

const EVENTS = 64;
const make = (data, named) =>
  Array.from({ length: EVENTS }, (_, n) => (named ? { event: 'tick', id: `${n}`, data: data(n) } : { data: data(n) }));
const KINDS = {
  'small named': make((n) => `{"n":${n}}`, true),
  'LLM JSON': make(
    (n) =>
      `{"id":"chatcmpl-${n}","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":" token${n}"},"finish_reason":null}]}`,
  ),
  'multi-line': make((n) => Array.from({ length: 40 }, (_, line) => `line ${line} of event ${n}`).join('\n')),
  CJK: make((n) => `{"文":"サーバーから送られてくる出来事その${n}、流れは続く"}`, true),
  '64 KB': make((n) => `${n % 10}`.repeat(64 * 1024)).slice(0, 16),
};

const encoder = new TextEncoder();
const size = (chunks) => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
const batches = (events, length) =>
  Array.from({ length: Math.ceil(events.length / length) }, (_, n) => events.slice(n * length, (n + 1) * length));

/** Both ways must say the same to a reader; the peer's order of fields is its own. */
function check(name, events) {
  const lines = (bytes) =>
    new TextDecoder()
      .decode(bytes)
      .split('\n')
      .sort()
      .join('\n')
      .replaceAll(/^(\w+): ?/gm, '$1:');
  for (const event of events) {
    const [a, b] = [lines(encode(event)), lines(encoder.encode(encodePeer(event)))];
    if (a !== b)
      throw new Error(
        `${name}: expected the same lines, found ${JSON.stringify(a.slice(0, 99))} and ${JSON.stringify(b.slice(0, 99))}`,
      );
  }
}

export function encodeRows(options) {
  const rows = [];
  for (const [name, events] of Object.entries(KINDS)) {
    check(name, events);
    for (const batch of [1, 16, 64]) {
      const groups = batches(events, batch);
      const times = compare(
        {
          ours:
            batch === 1
              ? () => size(events.map((event) => encode(event)))
              : () => size(groups.map((group) => encode(group))),
          peer: () => size(events.map((event) => encoder.encode(encodePeer(event)))),
          concatenated: () =>
            size(groups.map((group) => encoder.encode(group.map((event) => encodePeer(event)).join('')))),
        },
        options,
      );
      rows.push({
        row: `${name} × ${batch}`,
        ratio: times.peer / times.ours,
        'against concatenation': (times.concatenated / times.ours).toFixed(2),
        ours: `${((times.ours * 1e6) / events.length).toFixed(0)} ns`,
        peer: `${((times.peer * 1e6) / events.length).toFixed(0)} ns`,
      });
    }
  }
  return {
    title: 'encode to bytes, an event, against eventsource-encoder 1.0.2 + TextEncoder',
    rows,
    mean: geometricMean(rows.map(({ ratio }) => ratio)),
  };
}
