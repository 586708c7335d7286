import { eventStream, lastEventId, noMoreEvents } from 'eventsource-wasm/server';

const LAST = 10;

export default {
  fetch(request) {
    // A reader that has the last event need not come back.
    if (lastEventId(request) === `${LAST}`) return noMoreEvents();
    return eventStream(request, count, { retry: 1000 });
  },
};

async function count(stream) {
  // The id of the last event that a returning reader has seen. It comes from outside: check it.
  const seen = /^\d$/.test(stream.lastEventId) ? Number(stream.lastEventId) : 0;
  for (let n = seen + 1; n <= LAST; n++) {
    await stream.send({ event: 'count', id: n, data: { n, of: LAST } });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
