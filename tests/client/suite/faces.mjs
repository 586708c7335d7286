// The two faces of the client, asked alike.

export const FACES = ['EventSource', 'connect'];

/** A policy that loses no time, and one that also gives up after so many attempts. */
export const AT_ONCE = { delay: 0, jitter: 0, maxAttempts: Infinity };
export const attempts = (maxAttempts, delay = 0) => ({ delay, jitter: 0, maxAttempts });

/**
 * Reads a connection to its end, or until `until(event)`, where it leaves. The answer has `events` (`{ type, data,
 * lastEventId }`), `error` (what it ended with, or null) and, of `EventSource` only, `errors` (all `error` events told).
 */
export function read({ api, face, url, init = {}, types = ['message'], until = () => false }) {
  const found = { events: [], errors: [], error: null };
  const take = ({ type, data, lastEventId }) => {
    const event = { type, data, lastEventId };
    found.events.push(event);
    return until(event, found.events.length);
  };
  const run = face === 'connect' ? readStream : readSource;
  return run({ api, url, init, types, take, found });
}

async function readStream({ api, url, init, take, found }) {
  try {
    for await (const event of await api.connect(url, init)) if (take(event)) break;
  } catch (error) {
    found.error = error;
  }
  return found;
}

function readSource({ api, url, init, types, take, found }) {
  return new Promise((done) => {
    const source = new api.EventSource(url, init);
    const listener = (event) => {
      if (!take(event)) return;
      source.close();
      done(found);
    };
    for (const type of types) source.addEventListener(type, listener);
    source.onerror = ({ error }) => {
      found.errors.push(Object.assign(error, { lastEventId: source.lastEventId, state: source.readyState }));
      if (error.willRetry) return;
      found.error = error;
      done(found);
    };
  });
}

/** One check for each face: `{ 'EventSource: name': …, 'connect: name': … }`. */
export function forFaces(name, check) {
  return Object.fromEntries(FACES.map((face) => [`${face}: ${name}`, (context) => check({ ...context, face })]));
}

export const dataOf = ({ events }) => events.map(({ data }) => data);
