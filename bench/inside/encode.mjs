// Events → bytes: one by one, and many at once. First both must say the same to a reader.

import { encode as encodePeer } from 'eventsource-encoder';
import { encode } from 'eventsource-wasm/server';

import { compare, warmUp } from '../lib/measure.mjs';

const EVENTS = 64;
const BATCHES = [1, 16, 64];

const make = (event) => Array.from({ length: EVENTS }, (_, n) => event(n));
const KINDS = {
  'small named': make((n) => ({ event: 'tick', id: `${n}`, data: `{"n":${n}}` })),
  'LLM JSON': make((n) => ({
    data: `{"id":"chatcmpl-${n}","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":" token${n}"},"finish_reason":null}]}`,
  })),
  'multi-line': make((n) => ({
    data: Array.from({ length: 40 }, (_, line) => `line ${line} of event ${n}`).join('\n'),
  })),
  CJK: make((n) => ({ data: `{"文":"サーバーから送られてくる出来事その${n}、流れは続く"}` })),
  '64 KB': make((n) => ({ data: `${n % 10}`.repeat(64 * 1024) })),
};

const encoder = new TextEncoder();

// What a run is for: bytes, that nobody can leave out.
const size = (chunks) => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
const one = (events) => size(events.map((event) => encode(event)));
const many = (groups) => size(groups.map((group) => encode(group)));
const peerOne = (events) => size(events.map((event) => encoder.encode(encodePeer(event))));
const peerMany = (groups) => size(groups.map((group) => encoder.encode(concatenate(group))));

function concatenate(group) {
  let text = '';
  for (const event of group) text += encodePeer(event);
  return text;
}

/** @returns rows of `{ kind, batch, events, times }`, in milliseconds for all the events */
export default async function encodeAll({ only, options }, report) {
  const chosen = Object.entries(KINDS).filter(([kind]) => !only || only.includes(kind));
  for (const work of [() => one(chosen[0][1]), () => many([chosen[0][1]]), () => peerOne(chosen[0][1])])
    await warmUp(work);
  const rows = [];
  for (const [kind, events] of chosen) {
    sameLines(kind, events);
    for (const batch of BATCHES) {
      report(`${kind} × ${batch}`, rows.length + 1, chosen.length * BATCHES.length);
      const groups = groupsOf(events, batch);
      const contestants = {
        ours: batch === 1 ? () => one(events) : () => many(groups),
        'one by one': () => peerOne(events),
        ...(batch === 1 ? {} : { concatenated: () => peerMany(groups) }),
      };
      rows.push({ kind, batch, events: events.length, times: await compare(contestants, options) });
    }
  }
  return rows;
}

function groupsOf(events, length) {
  return Array.from({ length: Math.ceil(events.length / length) }, (_, n) =>
    events.slice(n * length, (n + 1) * length),
  );
}

/** The peer's order of fields is its own, and so is its space behind the colon. */
function sameLines(kind, events) {
  const lines = (bytes) =>
    new TextDecoder()
      .decode(bytes)
      .split('\n')
      .map((line) => line.replace(/^(\w+): ?/, '$1:'))
      .sort()
      .join('\n');
  const pairs = events.map((event) => [encode(event), encoder.encode(encodePeer(event))]);
  pairs.push([encode(events), encoder.encode(concatenate(events))]);
  for (const [a, b] of pairs.map((pair) => pair.map(lines))) {
    if (a === b) continue;
    const [found, wanted] = [a, b].map((text) => JSON.stringify(text.slice(0, 99)));
    throw new Error(`${kind}: expected the same lines as eventsource-encoder, ${wanted}, found ${found}`);
  }
}
