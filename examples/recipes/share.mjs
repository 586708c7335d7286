import { EventSource } from 'eventsource-wasm';

/** Shows notifications in every tab, over one connection for all of them. `reload` is called where some were missed. */
export function notifications(url, show, reload) {
  const source = new EventSource(url, { shareAcrossTabs: 'notifications' });
  source.addEventListener('message', ({ data }) => show(JSON.parse(data)));
  source.addEventListener('error', ({ error }) => {
    // This tab comes back after long in the back/forward cache.
    if (error.code === 'gap') reload();
  });
  return () => source.close();
}
