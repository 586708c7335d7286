// Who parses. Each reads chunks and calls back for each event, its own way and with its own kind of event; `of(event)` says
// it the same for all: type, data, and the id where this event has one.
//
// Each has a `count` of its own, which is what a measured run calls: the same function for all would see all their kinds of
// object, and be slow for each. It reads a character of the data, as whoever wants the data will: engines put a string
// that was joined of parts together only when it is read.

import { getLines, getMessages } from '@microsoft/fetch-event-source/lib/cjs/parse.js';
import { createParser as createParser4 } from 'eventsource-parser';
import { createParser as createParser3 } from 'eventsource-parser-3';
import { createParser, events } from 'eventsource-wasm/parser';
import { events as fetchEvents } from 'fetch-event-stream';
import { _iterSSEMessages as anthropicMessages } from '@anthropic-ai/sdk/core/streaming';
import { _iterSSEMessages as openaiMessages } from 'openai/core/streaming';

const inNode = Boolean(globalThis.process?.versions?.node);
const undici = inNode ? await import('undici/lib/web/eventsource/eventsource-stream.js') : undefined;

/** Keeps what a run counts, so that no compiler leaves the run out. */
export const counted = { characters: 0 };

/** Chunk by chunk, at once. */
export const SYNCHRONOUS = {
  ours: {
    parse(chunks, onEvent) {
      const parser = createParser({ onEvent });
      for (const chunk of chunks) parser.feed(chunk);
    },
    of: ({ type, data, lastEventId }) => [type, data, lastEventId],
    count: ({ data }) => (counted.characters += data.length + (data.charCodeAt(0) | 0)),
  },
  'eventsource-parser 4': {
    parse(chunks, onEvent) {
      const decoder = new TextDecoder();
      const parser = createParser4({ onEvent });
      for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
    },
    of: ({ event = 'message', data, id }) => [event, data, id],
    count: ({ data }) => (counted.characters += data.length + (data.charCodeAt(0) | 0)),
  },
  'eventsource-parser 3': {
    parse(chunks, onEvent) {
      const decoder = new TextDecoder();
      const parser = createParser3({ onEvent });
      for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
    },
    of: ({ event = 'message', data, id }) => [event, data, id],
    count: ({ data }) => (counted.characters += data.length + (data.charCodeAt(0) | 0)),
  },
  'fetch-event-source': {
    parse(chunks, onEvent) {
      const nothing = () => {};
      const feed = getLines(getMessages(nothing, nothing, onEvent));
      for (const chunk of chunks) feed(chunk);
    },
    // It calls back for every blank line.
    of: ({ event, data, id }) => data && [event || 'message', data, id || undefined],
    count: ({ data }) => (counted.characters += data.length + (data.charCodeAt(0) | 0)),
  },
  undici: {
    cannot: undici ? undefined : 'needs Node’s streams',
    parse(chunks, push) {
      const stream = new undici.EventSourceStream({ push });
      const failed = (error) => {
        if (error) throw error;
      };
      for (const chunk of chunks)
        stream._transform(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length), undefined, failed);
    },
    of: ({ type, options: { data, lastEventId = '' } }) => [type, data, lastEventId],
    count: ({ options: { data } }) => (counted.characters += data.length + (data.charCodeAt(0) | 0)),
  },
};

/** Out of a response. */
export const FROM_RESPONSE = {
  ours: {
    async parse(chunks, onEvent) {
      for await (const event of events(responseOf(chunks))) onEvent(event);
    },
    of: ({ type, data, lastEventId }) => [type, data, lastEventId],
    count: ({ data }) => (counted.characters += data.length + (data.charCodeAt(0) | 0)),
  },
  'fetch-event-stream': {
    async parse(chunks, onEvent) {
      for await (const event of fetchEvents(responseOf(chunks))) onEvent(event);
    },
    of: ({ event = 'message', data, id }) => [event, data, id === undefined ? undefined : `${id}`],
    count: ({ data }) => (counted.characters += data.length + (data.charCodeAt(0) | 0)),
  },
  openai: {
    withoutIds: true,
    async parse(chunks, onEvent) {
      for await (const event of openaiMessages(responseOf(chunks), new AbortController())) onEvent(event);
    },
    of: ({ event, data }) => [event ?? 'message', data],
    count: ({ data }) => (counted.characters += data.length + (data.charCodeAt(0) | 0)),
  },
  '@anthropic-ai/sdk': {
    withoutIds: true,
    async parse(chunks, onEvent) {
      for await (const event of anthropicMessages(responseOf(chunks), new AbortController())) onEvent(event);
    },
    of: ({ event, data }) => [event ?? 'message', data],
    count: ({ data }) => (counted.characters += data.length + (data.charCodeAt(0) | 0)),
  },
};

/** A response whose body gives these chunks, one a read. */
function responseOf(chunks) {
  let next = 0;
  const pull = (controller) => {
    if (next < chunks.length) controller.enqueue(chunks[next++]);
    else controller.close();
  };
  return new Response(new ReadableStream({ pull }));
}
