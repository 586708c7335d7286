// Bytes → events, against eventsource-parser: decode, parse, one callback an event.

import { createParser as createPeer } from 'eventsource-parser';
import { createParser } from 'eventsource-wasm/parser';

import { compare, geometricMean } from './measure.mjs';
import { chunksOf, streams } from './streams.mjs';

const SIZES = ['event', 64, 1400, 16 * 1024, 64 * 1024];

const ours = (chunks, onEvent) => {
  const parser = createParser({ onEvent });
  for (const chunk of chunks) parser.feed(chunk);
};
const peer = (chunks, onEvent) => {
  const decoder = new TextDecoder();
  const parser = createPeer({ onEvent });
  for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
};

/** Every row first shows that both give the same events. */
function check(name, chunks) {
  const found = (parse, typeOf) => {
    const events = [];
    let id = '';
    parse(chunks, (event) => {
      id = event.lastEventId ?? event.id ?? id;
      events.push([typeOf(event), event.data, id]);
    });
    return JSON.stringify(events);
  };
  const [a, b] = [found(ours, (event) => event.type), found(peer, (event) => event.event ?? 'message')];
  if (a !== b) throw new Error(`${name}: expected the same events, found ${a.slice(0, 200)} and ${b.slice(0, 200)}`);
}

export function parse(options) {
  const rows = [];
  let sum = 0;
  const count = (event) => (sum += event.data.length);
  for (const { name, frames } of streams()) {
    for (const size of SIZES) {
      const chunks = chunksOf(frames, size);
      check(name, chunks);
      const times = compare({ ours: () => ours(chunks, count), peer: () => peer(chunks, count) }, options);
      rows.push({
        row: `${name} × ${size}`,
        ratio: times.peer / times.ours,
        ours: `${((times.ours * 1e6) / frames.length).toFixed(0)} ns`,
        peer: `${((times.peer * 1e6) / frames.length).toFixed(0)} ns`,
      });
    }
  }
  const ratios = rows.map(({ ratio }) => ratio);
  return { title: 'parse, an event, against eventsource-parser 4.1.3', rows, mean: geometricMean(ratios) };
}
