// A consumer that takes little makes the reading stop.

import { forFaces } from './faces.mjs';

const SIZE = 200e6;
const TAKEN = 20;
const FRAME = `data: ${'x'.repeat(1000)}\n\n`;

// What the buffers of two kernels and of an engine's network code may hold, which nobody here can see: 4 MB, with Bun on a
// busy machine 26.
const MOST_WRITTEN = 100e6;

/** `fetch` with a body that counts what is pulled out of it. */
function counting(counts) {
  return async (url, init) => {
    const response = await fetch(url, init);
    const reader = response.body.getReader();
    const body = new ReadableStream(
      {
        async pull(controller) {
          const { done, value } = await reader.read();
          if (done) return controller.close();
          counts.before += counts.last;
          counts.last = value.length;
          controller.enqueue(value);
        },
        cancel: (why) => reader.cancel(why),
      },
      { highWaterMark: 0 },
    );
    return new Response(body, response);
  };
}

/** Until nothing is written for a while. */
async function stalled(run, settle) {
  for (let before = -1, log = await run.log(); ; log = await run.log()) {
    if (log.written === before) return log;
    before = log.written;
    await settle(150);
  }
}

async function takeSome({ api, server, assert, face }) {
  const run = await server.script({ body: [{ flood: FRAME, size: SIZE }] });
  const counts = { before: 0, last: 0 };
  const init = { fetch: counting(counts), resume: 'never' };
  const stream = face === 'connect' ? await api.connect(run.url, init) : new api.EventSource(run.url, init);
  const iterator = stream[Symbol.asyncIterator]();
  for (let taken = 0; taken < TAKEN; taken++) assert.same((await iterator.next()).value.data.length, 1000);
  const { written } = await stalled(run, assert.settle);
  return { run, iterator, counts, written };
}

export const flow = {
  ...forFaces('20 events of a stream of 200 MB, and no chunk behind them is taken from fetch', async (context) => {
    const { assert } = context;
    const { iterator, counts } = await takeSome(context);
    await iterator.return();
    // How much a chunk has is the engine's to say: some hundred KB at the most where it was seen.
    const { before, last } = counts;
    const needed = TAKEN * FRAME.length;
    assert.yes(
      before < needed && before + last >= needed,
      `the last of them in the last chunk, found ${before} + ${last}`,
    );
  }),

  ...forFaces('20 events of a stream of 200 MB, and the server is held up', async (context) => {
    const { assert } = context;
    const { run, iterator, written } = await takeSome(context);
    assert.yes(written < MOST_WRITTEN, `some MB written, found ${written}`);
    // It goes on where it was, and ends with the loop.
    for (let taken = 0; taken < 2000; taken++) assert.same((await iterator.next()).done, false);
    await iterator.return();
    const log = await run.over();
    assert.same(log.requests.length, 1, 'the number of requests');
    assert.yes(log.written < SIZE / 2, `most of the stream unwritten, found ${log.written}`);
  }),

  'connect: a slow consumer gets everything, in order': async ({ api, server, assert }) => {
    const frames = Array.from({ length: 300 }, (_, at) => `id: ${at}\ndata: ${at} ${'x'.repeat(20_000)}\n\n`);
    const run = await server.script({ body: frames });
    let next = 0;
    for await (const { data } of await api.connect(run.url, { resume: 'never' })) {
      assert.same(parseInt(data, 10), next++);
      if (next % 30 === 0) await assert.settle(5);
    }
    assert.same(next, frames.length);
  },
};
