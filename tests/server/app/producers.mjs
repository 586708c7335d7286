// Producers of a stream: by a function, and by an async generator. Silent ones send an event for each poke; others send on and on.

import { sleep } from './timers.mjs';

const LOOK_MS = 5;
/** So many events of a flood are sent in one go. */
const FLOOD_STEP = 3;

export const PRODUCERS = {
  function: (state, options, watch) => async (stream) => {
    watch(stream);
    state.started++;
    try {
      for await (const event of source(state, options, () => stream.signal.aborted)) await sendTo(stream, event, state);
      await stream.closed;
    } finally {
      state.through++;
    }
  },

  // It is given no stream: what becomes of that, `waitUntil` tells.
  async *generator(state, options) {
    state.started++;
    try {
      yield* source(state, options, () => false);
    } finally {
      state.through++;
    }
  },
};

async function sendTo(stream, event, state) {
  const sending = stream.send(event);
  state.most = Math.max(state.most, stream.bufferedBytes);
  await sending;
}

async function* source(state, { flood, size }, left) {
  for (let given = 0; !left();) {
    if (given === state.pokes) {
      await sleep(LOOK_MS);
    } else if (flood && !given) {
      const data = 'x'.repeat(Number(size));
      while (state.sent < Number(flood)) {
        yield { id: state.sent++, data };
        // What is sent without a pause outruns any reader.
        if (state.sent % FLOOD_STEP === 0) await sleep(0);
      }
      given = state.pokes;
    } else {
      yield `poke ${++given}`;
    }
  }
}
