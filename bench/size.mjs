// What a bundler ships for each entry, beside what it ships for the peers'.

import { fileURLToPath } from 'node:url';

import { bundleSizes } from '../scripts/lib/bundle.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));

const ENTRIES = {
  'Client: an EventSource or its like': [
    ['eventsource-wasm', 'EventSource'],
    ['eventsource-wasm', 'connect'],
    ['eventsource', 'EventSource'],
    ['eventsource-client', 'createEventSource'],
    ['@microsoft/fetch-event-source', 'fetchEventSource'],
  ],
  'Parser: bytes or a response to events': [
    ['eventsource-wasm/parser', 'createParser'],
    ['eventsource-wasm/parser', 'events'],
    ['eventsource-parser', 'createParser'],
    ['eventsource-parser-3', 'createParser'],
    ['fetch-event-stream', 'events'],
    ['openai/core/streaming', 'Stream'],
    ['@anthropic-ai/sdk/core/streaming', 'Stream'],
  ],
  'Server: events to a response or to bytes': [
    ['eventsource-wasm/server', 'eventStream'],
    ['eventsource-wasm/server', 'encode'],
    ['eventsource-encoder', 'encode'],
    ['better-sse', 'createResponse'],
    ['hono/streaming', 'streamSSE'],
    ['h3', 'createEventStream'],
  ],
};

export async function run({ log }) {
  const total = Object.values(ENTRIES).flat().length;
  let done = 0;
  const tables = [];
  for (const [title, imports] of Object.entries(ENTRIES)) {
    const rows = [];
    for (const [from, name] of imports) {
      log(`bundles: ${from}`, ++done, total);
      rows.push({
        import: `\`{ ${name} } from '${from}'\``,
        ...(await bundleSizes(from, [name], { resolveDir: HERE })),
      });
    }
    tables.push({ title, rows: rows.map((row) => tableRow(row, rows[0])) });
  }
  const intro =
    'Minified ESM by esbuild for the import of one name, in kB (1000 bytes); ours has its wasm within. The column “of ours” ' +
    'compares gzip with the first row.';
  return { title: 'size', intro, tables };
}

function tableRow({ import: code, raw, gzip, brotli }, ours) {
  const kb = (bytes) => (bytes / 1000).toFixed(2);
  return {
    import: code,
    'of ours': `${(gzip / ours.gzip).toFixed(2)}`,
    gzip: kb(gzip),
    brotli: kb(brotli),
    raw: kb(raw),
  };
}
