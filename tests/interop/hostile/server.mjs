// Sends the streams of hostile events.

import { encode, EventSourceError, eventStream } from 'eventsource-wasm/server';

import { END, refusalOf, streams } from './cases.mjs';

const STREAMS = streams();

/** Answers a request for `?stream=<number>` with that one of the streams. `problems` are added to by what is not refused as it should be. */
export function hostile(request, problems) {
  const { way, name, batches } = STREAMS[Number(new URL(request.url).searchParams.get('stream'))];
  if (way === 'stream') return eventStream(request, (stream) => sendAll(stream, name, batches, problems));
  const bytes = [...batches.map((batch) => encode(batch)), encode(END)];
  return new Response(new Blob(bytes), { headers: { 'content-type': 'text/event-stream' } });
}

async function sendAll(stream, name, batches, problems) {
  for (const event of [...batches.flat(), END]) {
    const [before, expected] = [stream.bufferedBytes, refusalOf(event)];
    // Nothing can have been taken in between: `send` has done its work when it returns.
    const sent = stream.send(event);
    const written = stream.bufferedBytes - before;
    const error = await sent.then(
      () => undefined,
      (thrown) => thrown,
    );
    if (error?.code !== expected || (error && !(error instanceof EventSourceError)))
      problems.push(`${name}: expected ${expected ?? 'no error'}, found ${error}`);
    if (expected && written !== 0) problems.push(`${name}: ${written} bytes of a refused event were written`);
  }
}
