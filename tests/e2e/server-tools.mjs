// What the checks of the writing side share.

/** The first bytes of each stream. */
export const START = ': \n\n';

export const ask = (init, query = '') => new Request(`http://localhost/${query}`, init);

/** A producer that leaves its stream open. */
export const endless = () => undefined;

/** The whole body as text. Not `response.text()`, which could take the bytes in some quicker way than a reader. */
export async function text(response) {
  let all = '';
  const chunks = chunksOf(response);
  for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) all += chunk;
  return all;
}

/** Reads chunk by chunk, as text; `undefined` at the end. */
export function chunksOf(response) {
  const reader = response.body.getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return {
    async next() {
      const { done, value } = await reader.read();
      return done ? undefined : decoder.decode(value);
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

/** Runs `eventStream` with a producer, and keeps its stream. */
export function open(eventStream, request = ask(), producer = endless, init = {}) {
  const made = {};
  const errors = [];
  made.response = eventStream(
    request,
    (stream) => {
      made.stream = stream;
      made.aborts = 0;
      stream.signal.addEventListener('abort', () => made.aborts++);
      return producer(stream);
    },
    { onError: (error) => errors.push(error), ...init },
  );
  made.errors = errors;
  return made;
}
