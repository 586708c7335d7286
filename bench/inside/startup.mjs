// From the import to the first thing that comes of it, once: for a fresh process, or a fresh page.

import { cpu } from '../lib/measure.mjs';

const bytes = new TextEncoder().encode('event: tick\nid: 1\ndata: {"n":1}\n\n');

/** What is done with each entry, until it has shown that it works. */
const FIRST = {
  parser: ({ createParser }) => firstEvent((onEvent) => createParser({ onEvent }).feed(bytes)),
  'text parser': ({ createParser }) =>
    firstEvent((onEvent) => createParser({ onEvent }).feed(new TextDecoder().decode(bytes, { stream: true }))),
  client: ({ EventSource = globalThis.EventSource }, url) =>
    firstEvent((onEvent) => {
      const source = new EventSource(url);
      source.addEventListener('tick', (event) => {
        source.close();
        onEvent(event);
      });
    }),
  encoder: ({ encode }) => encode({ event: 'tick', id: '1', data: '{"n":1}' }),
  'text encoder': ({ encode }) => new TextEncoder().encode(encode({ event: 'tick', id: '1', data: '{"n":1}' })),
};

function firstEvent(start) {
  return new Promise((done) => start(done));
}

/**
 * @param {{ specifier?: string, first: string, url?: string, fromBlob?: boolean }} input without `specifier` there is
 *   nothing to import; `fromBlob` gets the script before, so that no network is in what is measured
 * @returns milliseconds on the clock from the import to its end and to the first result, and of CPU time where it is known
 */
export default async function startup({ specifier: name, first, url, fromBlob }) {
  const specifier = name && fromBlob ? await blobOf(name) : name;
  const [start, startCpu] = [performance.now(), cpu()];
  const module = specifier ? await import(specifier) : {};
  const ready = performance.now() - start;
  const result = await FIRST[first](module, url);
  const done = performance.now() - start;
  const text = result.data ?? new TextDecoder().decode(result);
  if (!text.includes('{"n":1}')) throw new Error(`expected the event's data, found ${text}`);
  return { ready, done, cpu: globalThis.process ? cpu() - startCpu : undefined };
}

async function blobOf(url) {
  const script = await (await fetch(url)).text();
  return URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
}
