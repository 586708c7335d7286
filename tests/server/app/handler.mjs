// One handler for all runtimes: streams that tell what has become of them. `handle(request, { waitUntil })`.
//
//   /stream?name=…&by=…   a stream, with the options that the query has
//   /report?name=…        what is known of it, as JSON
//   /poke?name=…          an event from outside for it
//   /release?name=…       lets a handler go on that has not answered yet (`hold`), or aborts the request that it has made (`own`)
//   /flood?name=…         publishes to its channel, until nobody reads
//   /faults               what was left unhandled or logged in all of them

import { activeTimers, sleep, timersOf } from './timers.mjs';
import { Channel, eventStream } from 'eventsource-wasm/server';
import { faults, watchFaults } from './faults.mjs';
import { PRODUCERS } from './producers.mjs';

watchFaults();

/** How often a held handler looks: what belongs to another request must not wake it in workerd. */
const LOOK_MS = 5;
/** By name. */
const streams = new Map();

export async function handle(request, { waitUntil }) {
  const { pathname, searchParams } = new URL(request.url);
  const options = Object.fromEntries(searchParams);
  const stream = streams.get(options.name);
  switch (pathname) {
    case '/stream':
      return open(request, options, waitUntil);
    case '/report':
      return Response.json(stream ? report(stream) : {});
    case '/poke':
      stream.pokes++;
      void stream.channel?.publish(`poke ${stream.pokes}`);
      return new Response();
    case '/release':
      stream.released = true;
      return new Response();
    case '/flood':
      return Response.json(await flood(stream, Number(options.size)));
    case '/faults':
      return Response.json(faults);
    default:
      return new Response(null, { status: 404 });
  }
}

async function open(request, options, waitUntil) {
  const state = { name: options.name, pokes: 0, released: false, sent: 0, started: 0, through: 0, most: 0 };
  Object.assign(state, { closed: [], aborts: 0, settled: [], stream: undefined, answered: false });
  streams.set(options.name, state);
  const keep = (promise) => {
    void promise.then((reason) => state.settled.push(reason?.code));
    waitUntil(promise);
  };
  if (options.hold) {
    // Without it workerd ends a handler whose client has gone.
    waitUntil(until(() => state.answered));
    await until(() => state.released);
  }
  if (options.own) {
    const controller = new AbortController();
    request = new Request(request, { signal: controller.signal });
    void until(() => state.released).then(() => controller.abort());
  }
  const response = timersOf(state.name, () => answer(request, options, state, keep));
  state.answered = true;
  return response;
}

async function until(condition) {
  while (!condition()) await sleep(LOOK_MS);
}

function answer(request, options, state, waitUntil) {
  const init = { waitUntil };
  if (options.heartbeat !== 'default') init.heartbeat = Number(options.heartbeat) || false;
  if (options.overflow) init.overflow = options.overflow;
  if (options.maxBuffer) init.maxBuffer = Number(options.maxBuffer);
  // One that never comes, so that there is a timer for it, too.
  init.maxDuration = 86_400_000;
  if (options.by !== 'channel') {
    return eventStream(
      request,
      PRODUCERS[options.by](state, options, (stream) => watch(state, stream)),
      init,
    );
  }
  state.channel = new Channel({ history: { events: 10 } });
  return state.channel.subscribe(request, { ...init, onSubscribe: (stream) => watch(state, stream) });
}

function watch(state, stream) {
  state.stream = stream;
  const { signal } = stream;
  if (signal.aborted) state.aborts++;
  signal.addEventListener('abort', () => state.aborts++);
  void stream.closed.then(({ code }) => state.closed.push(code));
}

function report({ stream, channel, ...state }) {
  const { sent, dropped, bufferedBytes, signal } = stream ?? {};
  return {
    ...state,
    aborted: signal?.aborted ?? false,
    size: channel?.size ?? 0,
    timers: activeTimers(state.name),
    counted: { sent, dropped, bufferedBytes },
  };
}

/** Publishes until the only reader has been disconnected. */
async function flood(state, size) {
  const data = 'x'.repeat(size);
  // It aborts at once, while the channel counts its readers a little later.
  while (!state.stream.signal.aborted) {
    state.sent++;
    await state.channel.publish(data);
    state.most = Math.max(state.most, state.stream.bufferedBytes);
  }
  return { sent: state.sent };
}
