// Who reads in Node besides those of contestants.mjs.

import { Stream } from '@anthropic-ai/sdk/core/streaming';
import { createEventSource } from 'eventsource-client';
import { createParser as createPeer } from 'eventsource-parser';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { events as fetchEvents } from 'fetch-event-stream';
import { _iterSSEMessages } from 'openai/core/streaming';
import { EventSource as UndiciEventSource } from 'undici';

import { listener } from './contestants.mjs';

const parsed = ({ event, data }) => [event || 'message', data];

async function readClient(url, tally) {
  const source = createEventSource(url);
  for await (const event of source) if (tally.take(event.data, event)) break;
  source.close();
}

const readClientCallback = (url, tally) =>
  new Promise((resolve) => {
    const source = createEventSource({
      url,
      onMessage: (event) => {
        if (!tally.take(event.data, event)) return;
        source.close();
        resolve();
      },
    });
  });

async function readFetchEvents(url, tally) {
  for await (const event of fetchEvents(await fetch(url))) if (tally.take(event.data, event)) break;
}

async function readParserStream(url, tally) {
  const { body } = await fetch(url);
  const stream = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  for await (const event of stream) if (tally.take(event.data, event)) break;
}

/** As one would write it: an array a chunk, behind an async generator. */
async function* generate(url) {
  const { body } = await fetch(url);
  const decoder = new TextDecoder();
  let found = [];
  const parser = createPeer({ onEvent: (event) => void found.push(event) });
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* found;
    found = [];
  }
}

async function readGenerator(url, tally) {
  for await (const event of generate(url)) if (tally.take(event.data, event)) break;
}

// Of the two SDKs the decoder alone, without the JSON that they parse behind it.
async function readOpenai(url, tally) {
  const messages = _iterSSEMessages(await fetch(url), new AbortController());
  for await (const event of messages) if (tally.take(event.data, event)) break;
}

async function readAnthropic(url, tally) {
  const messages = Stream.rawEvents(await fetch(url), new AbortController());
  for await (const event of messages) if (tally.take(event.data, event)) break;
}

const iterator = (read) => ({ face: 'iterator', describe: parsed, read });

export const NODE_PEERS = {
  'undici EventSource': listener(UndiciEventSource),
  'eventsource-client, iterator': iterator(readClient),
  'fetch-event-stream': iterator(readFetchEvents),
  'eventsource-parser 4, stream': iterator(readParserStream),
  'fetch + eventsource-parser 4, generator': iterator(readGenerator),
  'openai, decoder': iterator(readOpenai),
  '@anthropic-ai/sdk, decoder': iterator(readAnthropic),
  'eventsource-client, callback': { face: 'callback', describe: parsed, read: readClientCallback },
};
