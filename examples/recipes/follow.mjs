import { EventSource } from 'eventsource-wasm';

/** Follows a stream of prices, and says what happens to the connection. Close what it returns to stop it. */
export function follow(url, log = console.log) {
  const source = new EventSource(url);
  source.addEventListener('price', (event) => log(`${event.lastEventId}: ${event.data}`));
  source.addEventListener('error', ({ error }) => {
    if (error.willRetry) log(`${error.code}: trying again in ${error.delay} ms`);
    else log(`${error.code}: given up, ${error.message}`);
  });
  return source;
}
