// Connections that are cut in the middle of a stream.

import { encode, eventStream } from 'eventsource-wasm/server';

/** The reconnection time that these streams tell, in milliseconds. */
const RETRY = 10;

/**
 * Answers with these events, behind which the connection is cut: with `'end'` it is closed in order, with `'break'` the producer
 * fails, with `'half'` it breaks off within the frame of the `next` event. `headers` are further ones of the response.
 */
export function cutBehind(request, events, next, cut, headers) {
  const init = { retry: RETRY, headers, onError: () => undefined };
  if (cut === 'end') return eventStream(request, events, init);
  if (cut === 'break') return eventStream(request, thenFail(events), init);
  const last = next ?? { data: 'never read' };
  const bytes = encode([{ retry: RETRY }, ...events]).length + encode(last).length - 1;
  return cutAt(eventStream(request, [...events, last], init), bytes);
}

/** A producer that fails when it has sent these. */
export function thenFail(events) {
  return async (stream) => {
    for (const event of events) await stream.send(event);
    throw new Error('a cut');
  };
}

/** The same response, whose body breaks off behind so many bytes. */
function cutAt(response, bytes) {
  const reader = response.body.getReader();
  let left = bytes;
  const pull = async (controller) => {
    const { done, value } = left ? await reader.read() : { done: true };
    if (done) {
      controller.error(new Error('a cut'));
      await reader.cancel();
      return;
    }
    const part = value.subarray(0, left);
    left -= part.length;
    controller.enqueue(part);
  };
  const body = new ReadableStream({ pull, cancel: (reason) => reader.cancel(reason) }, { highWaterMark: 0 });
  return new Response(body, response);
}
