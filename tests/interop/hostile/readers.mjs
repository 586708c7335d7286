// Readers in Node: the bytes of a stream in, the items that were found out.

import { createParser as createPeer } from 'eventsource-parser';
import { createParser } from 'eventsource-wasm/parser';

/** Each reads a whole stream. */
export const READERS = {
  'eventsource-wasm/parser': (bytes) => readOurs([bytes]),
  'eventsource-wasm/parser, in pieces': (bytes) => readOurs(pieces(bytes)),
  'eventsource-parser': readPeer,
};

/** Cut within lines and characters, into some thousands at the most. */
function pieces(bytes) {
  const size = Math.max(7, Math.ceil(bytes.length / 4001));
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size));
}

function readOurs(chunks) {
  const items = [];
  const parser = createParser({
    onEvent: ({ type, data, lastEventId }) => items.push({ type, data, lastEventId }),
    onComment: (comment) => items.push({ comment }),
    onRetry: (retry) => items.push({ retry }),
    onField: (name, value) => items.push({ field: name, value }),
  });
  for (const chunk of chunks) parser.feed(chunk);
  parser.end();
  return items;
}

/** It leaves the last event ID and the default type to its caller. */
function readPeer(bytes) {
  const items = [];
  let lastEventId = '';
  const parser = createPeer({
    onEvent({ event, data, id }) {
      lastEventId = id ?? lastEventId;
      items.push({ type: event || 'message', data, lastEventId });
    },
    onComment: (comment) => items.push({ comment }),
    onRetry: (retry) => items.push({ retry }),
    onError: (error) => items.push({ error: error.message }),
  });
  parser.feed(new TextDecoder().decode(bytes));
  return items;
}
