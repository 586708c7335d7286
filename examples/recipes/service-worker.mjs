import { connect } from 'eventsource-wasm';

/** In a service worker: one connection for all pages, for as long as there is one. Each event goes to every page. */
export async function broadcast(url, clients) {
  const stream = await connect(url);
  for await (const { type, data, lastEventId } of stream) {
    const pages = await clients.matchAll({ includeUncontrolled: true });
    if (!pages.length) break; // closes the connection
    for (const page of pages) page.postMessage({ type, data, lastEventId });
  }
}

// A page says `(await navigator.serviceWorker.ready).active.postMessage({ follow: '/prices' })`.
globalThis.addEventListener?.('message', (event) => {
  if (event.data.follow) event.waitUntil(broadcast(event.data.follow, globalThis.clients));
});
