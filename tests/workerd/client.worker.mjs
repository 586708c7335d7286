// The client within workerd: it fails, waits, is silent, and goes on, in a request of its own.

import { connect, EventSource } from 'eventsource-wasm';

const EVENT_STREAM = { 'content-type': 'text/event-stream' };
const stream = (text, open) =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(text));
        if (!open) controller.close();
      },
      // Pending work, so that the runtime does not take the stream for one that hangs.
      pull: () => (open ? new Promise((done) => setTimeout(done, 60_000)) : undefined),
    }),
    { headers: EVENT_STREAM },
  );

/** A fetch that plays these answers, and notes the ids that are sent. */
function play(...answers) {
  const ids = [];
  const fetch = async ({ headers }) => {
    ids.push(headers.get('last-event-id'));
    const answer = answers[ids.length - 1];
    if (!answer) throw new TypeError('refused');
    return answer();
  };
  return { fetch, ids };
}

const SCENES = {
  async connect() {
    const { fetch, ids } = play(
      () => new Response('busy', { status: 503 }),
      () => stream('id: 1\ndata: 1\n\n'),
      () => stream('id: 2\ndata: 2\n\n', true),
      () => new Response(null, { status: 204 }),
    );
    const codes = [];
    const retry = ({ error }) => (codes.push(error.code), 1);
    const found = [];
    for await (const { data } of await connect('http://localhost/', { fetch, retry, idleTimeout: 20 }))
      found.push(data);
    return { found, codes, ids };
  },
  async EventSource() {
    const { fetch, ids } = play(
      undefined,
      () => stream('id: 1\ndata: 1\n\n', true),
      () => stream('data: 2\n\n', true),
    );
    const source = new EventSource('http://localhost/', { fetch, retry: { delay: 1 }, pauseWhenHidden: true });
    const found = [];
    for await (const { data } of source) {
      found.push(data);
      if (data === '2') break;
      source.reconnect();
    }
    return { found, ids, readyState: source.readyState };
  },
};

export default {
  async fetch(request) {
    const scene = SCENES[new URL(request.url).pathname.slice(1)];
    return Response.json(await scene());
  },
};
