import { connect } from 'eventsource-wasm';

/** The first events of a handler, for its tests: no server, no socket, and the handler learns when the reader leaves. */
export async function firstEvents(worker, count, url = 'https://worker.test/') {
  const found = [];
  for await (const event of await connect(url, { fetch: worker.fetch })) {
    if (found.push(event) === count) break;
  }
  return found;
}
