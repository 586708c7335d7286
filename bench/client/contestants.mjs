// Who reads, in Node and in a browser alike. Each is given a URL and a tally, and says how one of its events reads.
// The loops are written out one by one: code that is shared would be slower for all, as it would see every kind of event.

import { fetchEventSource } from '@microsoft/fetch-event-source';
import { EventSource as PeerEventSource } from 'eventsource';
import { createParser as createPeer } from 'eventsource-parser';
import { connect, createParser, EventSource, events } from 'eventsource-wasm';

const sent = ({ type, data }) => [type, data];
const parsed = ({ event, data }) => [event || 'message', data];

/** A contestant of the face `EventSource`, by its class. */
export const listener = (Source) => ({
  face: 'EventSource',
  describe: sent,
  read: (url, tally) =>
    new Promise((resolve, reject) => {
      const source = new Source(url);
      source.addEventListener('message', (event) => {
        if (!tally.take(event.data, event)) return;
        source.close();
        resolve();
      });
      source.addEventListener('error', (event) => {
        source.close();
        reject(event.error ?? new Error(`expected ${tally.target} events, found an error after ${tally.count}`));
      });
    }),
});

async function readConnect(url, tally) {
  for await (const event of await connect(url)) if (tally.take(event.data, event)) break;
}

async function readEvents(url, tally) {
  for await (const event of events(await fetch(url))) if (tally.take(event.data, event)) break;
}

async function readCallback(url, tally) {
  const response = await fetch(url);
  const parser = createParser({ onEvent: (event) => void tally.take(event.data, event) });
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    parser.feed(value);
  }
}

async function readByHand(url, tally) {
  const response = await fetch(url);
  const decoder = new TextDecoder();
  const parser = createPeer({ onEvent: (event) => void tally.take(event.data, event) });
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    parser.feed(decoder.decode(value, { stream: true }));
  }
}

/** With `openWhenHidden` it needs a `document` and a `window` only to take its listeners away. */
async function readFetchEventSource(url, tally) {
  const stub = !globalThis.document;
  if (stub) Object.assign(globalThis, { document: { removeEventListener: () => undefined }, window: globalThis });
  try {
    await fetchEventSource(url, {
      fetch: globalThis.fetch,
      openWhenHidden: true,
      onmessage: (event) => void tally.take(event.data, event),
      onerror: (error) => {
        throw error;
      },
    });
  } finally {
    if (stub) {
      delete globalThis.document;
      delete globalThis.window;
    }
  }
}

export const OURS = {
  EventSource: { ours: true, ...listener(EventSource) },
  connect: { ours: true, face: 'iterator', describe: sent, read: readConnect },
  events: { ours: true, face: 'iterator', describe: sent, read: readEvents },
  createParser: { ours: true, face: 'callback', describe: sent, read: readCallback },
};

export const BY_HAND = 'fetch + eventsource-parser 4';

export const PEERS = {
  'eventsource 5': listener(PeerEventSource),
  '@microsoft/fetch-event-source': { face: 'callback', describe: parsed, read: readFetchEventSource },
  [BY_HAND]: { face: 'callback', describe: parsed, read: readByHand },
};
