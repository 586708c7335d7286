// Follows a stream with any EventSource, in a page or in Node.

/**
 * All that a source dispatches, until an event of the type `end`, or until the source gives up (or, with `once`, has to
 * reconnect): `events`, how often it `opened`, how many `errors` the connection had, and the `readyState` that it came to.
 */
export function follow(EventSource, url, types, { once = false } = {}) {
  return new Promise((done) => {
    const seen = { events: [], opened: 0, errors: 0 };
    const source = new EventSource(url);
    const finish = () => {
      seen.readyState = source.readyState;
      source.close();
      done(seen);
    };
    for (const type of new Set([...types, 'message', 'open', 'error', 'end'])) {
      source.addEventListener(type, (event) => {
        // Of the stream: events of the connection have no data.
        if (event.data !== undefined) {
          seen.events.push({ type: event.type, data: event.data, lastEventId: event.lastEventId });
          if (type === 'end') finish();
        } else if (type === 'open') {
          seen.opened++;
        } else {
          seen.errors++;
          if (once || source.readyState === source.CLOSED) finish();
        }
      });
    }
  });
}
