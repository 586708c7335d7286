// Runs in a page: reads a stream with @microsoft/fetch-event-source.

import { fetchEventSource } from '@microsoft/fetch-event-source';

/** The `messages` of a stream up to one of the type `end`, or of all connections up to one that is a 204; and the `statuses`. */
export async function fetchEvents(url, init) {
  const seen = { messages: [], statuses: [] };
  const stop = new AbortController();
  await fetchEventSource(url, {
    ...init,
    signal: stop.signal,
    openWhenHidden: true,
    async onopen({ status }) {
      seen.statuses.push(status);
      if (status === 204) stop.abort();
    },
    onmessage(message) {
      // It makes a message of a frame that has only a comment or a retry, too.
      if (message.data || message.event || message.id) seen.messages.push(message);
      if (message.event === 'end') stop.abort();
    },
    onclose() {
      throw new Error('it is to come back');
    },
  });
  return seen;
}
