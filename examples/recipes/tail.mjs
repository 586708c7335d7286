#!/usr/bin/env node
// node tail.mjs https://example.com/events
import { connect, EventSourceError } from 'eventsource-wasm';

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

try {
  const stream = await connect(process.argv[2], { signal: stop.signal, idleTimeout: 60_000 });
  for await (const { type, data, lastEventId } of stream) console.log([lastEventId, type, data].join('\t'));
} catch (error) {
  if (!(error instanceof EventSourceError)) throw error;
  if (error.code !== 'aborted') console.error(`${error.code}: ${error.message}`);
  process.exitCode = error.code === 'aborted' ? 130 : 1;
}
