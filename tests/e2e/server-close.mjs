// How a written stream ends: once, for one reason, which its handler is told.

import { rejection, same, settle, yes } from './check.mjs';
import { ask, chunksOf, open, START, text } from './server-tools.mjs';

/** The end was told once, whatever comes after it. */
async function assertEnded({ stream, aborts, errors }, reason, failures = 0) {
  const { closed, signal } = stream;
  same(await closed, reason);
  yes(signal.aborted, 'an aborted signal');
  same(signal.reason.code, 'closed');
  same(aborts, 1, 'abort events');
  same(errors.length, failures, 'calls of onError');
  same(stream.bufferedBytes, 0);
  // Not awaited on purpose, the first one: it must not count as an unhandled rejection.
  void stream.send('late');
  const late = await rejection(stream.send('late'));
  same(late.code, 'closed');
  yes(/^expected .+, found .+/.test(late.message), `a message of the usual form, found ${late.message}`);
  same((await rejection(stream.comment())).code, 'closed');
  stream.flush();
  stream.close('again');
  await settle(5);
  same(await stream.closed, reason);
}

export const closeChecks = {
  'completed: an async producer is through': async ({ eventStream }) => {
    const made = open(eventStream, ask(), async (stream) => {
      await stream.send('a');
      await settle(5);
      await stream.send('b');
    });
    same(await text(made.response), `${START}data: a\n\ndata: b\n\n`);
    await assertEnded(made, { code: 'completed' });
  },

  'closed: by close(), with its cause, after the reader has what was sent': async ({ eventStream }) => {
    const made = open(eventStream, ask(), (stream) => {
      setTimeout(() => {
        void stream.send('last');
        stream.close('enough');
        void stream.send('never');
      }, 5);
    });
    same(await text(made.response), `${START}data: last\n\n`);
    await assertEnded(made, { code: 'closed', cause: 'enough' });

    const bare = open(eventStream, ask(), (stream) => stream.close());
    same(await text(bare.response), START);
    await assertEnded(bare, { code: 'closed' });
  },

  'closed: a producer that waits for room is let go': async ({ eventStream }) => {
    let through = false;
    const made = open(
      eventStream,
      ask(),
      async (stream) => {
        setTimeout(() => stream.close(), 20);
        await stream.send('x'.repeat(1000));
        through = true;
      },
      { maxBuffer: 10 },
    );
    same((await made.stream.closed).code, 'closed');
    await settle(1);
    yes(through, 'the producer to go on');
    yes((await text(made.response)).includes('xxx'), 'what was sent before the close');
  },

  'failed: what was sent arrives, the body breaks off, and the reader does not learn why': async ({ eventStream }) => {
    const secret = new Error('the password is 1234');
    for (const producer of [
      async (stream) => {
        await stream.send('before');
        throw secret;
      },
      (stream) => {
        void stream.send('before');
        throw secret;
      },
    ]) {
      const made = open(eventStream, ask(), producer);
      const chunks = chunksOf(made.response);
      let read = '';
      const failure = await rejection(
        (async () => {
          for (;;) read += (await chunks.next()) ?? 'ended in peace';
        })(),
      );
      same(read, `${START}data: before\n\n`);
      yes(!/password|1234/.test(`${failure?.message} ${failure?.stack} ${failure?.cause}`), 'the secret to be kept');
      yes(made.errors[0] === secret, 'onError to get the error itself');
      yes((await made.stream.closed).cause === secret, 'the reason to have the error');
      await assertEnded(made, { code: 'failed', cause: secret }, 1);
    }
  },

  'cancelled: the reader leaves, at any time': async ({ eventStream }) => {
    for (const reads of [0, 1]) {
      const made = open(eventStream);
      const chunks = chunksOf(made.response);
      for (let n = 0; n < reads; n++) await chunks.next();
      await chunks.cancel('bye');
      await assertEnded(made, { code: 'cancelled', cause: 'bye' });
    }
    // With a read that waits.
    const made = open(eventStream);
    const chunks = chunksOf(made.response);
    await chunks.next();
    const waiting = chunks.next();
    await settle(5);
    await chunks.cancel('bye');
    same(await waiting, undefined);
    await assertEnded(made, { code: 'cancelled', cause: 'bye' });
  },

  'cancelled: a producer that waits for room learns of it, and none of it counts as a failure': async ({
    eventStream,
  }) => {
    let codes = [];
    const made = open(
      eventStream,
      ask(),
      async (stream) => {
        for (;;) {
          try {
            await stream.send('x'.repeat(100));
          } catch (error) {
            codes.push(error.code);
            throw error;
          }
        }
      },
      { maxBuffer: 1000 },
    );
    const chunks = chunksOf(made.response);
    await chunks.next();
    await settle(5);
    await chunks.cancel();
    await settle(5);
    same(codes, ['closed']);
    await assertEnded(made, { code: 'cancelled' });
  },

  'aborted: by the request’s signal, before the start and later': async ({ eventStream }) => {
    const early = new AbortController();
    early.abort('early');
    const request = ask({ signal: early.signal });
    // Some runtimes do not hand a signal on to `request.signal`; there is nothing to abort there.
    if (!request.signal?.aborted) return 'skipped';
    const before = [];
    const response = eventStream(request, (stream) => {
      before.push(stream.signal.aborted);
      return stream.closed.then((reason) => void before.push(reason));
    });
    yes((await rejection(text(response))) instanceof Error, 'a body that breaks off');
    await settle(1);
    same(before, [true, { code: 'aborted', cause: 'early' }]);

    const later = new AbortController();
    const made = open(eventStream, ask({ signal: later.signal }));
    const chunks = chunksOf(made.response);
    same(await chunks.next(), START);
    const waiting = rejection(chunks.next());
    later.abort('later');
    yes((await waiting) instanceof Error, 'a body that breaks off');
    await assertEnded(made, { code: 'aborted', cause: 'later' });
  },

  'the first reason counts': async ({ eventStream }) => {
    const controller = new AbortController();
    const made = open(eventStream, ask({ signal: controller.signal }), async (stream) => {
      stream.close('first');
      throw new Error('second');
    });
    controller.abort('third');
    await text(made.response);
    same(await made.stream.closed, { code: 'closed', cause: 'first' });
  },

  'waitUntil: settles with the reason when producer and stream are both through': async ({ eventStream }) => {
    const waiting = [];
    let [finished, settled] = [false, undefined];
    const waitUntil = (promise) => waiting.push(promise);
    const producer = async (stream) => {
      await stream.closed;
      await settle(20);
      finished = true;
    };
    const made = open(eventStream, ask(), producer, { waitUntil });
    same(waiting.length, 1);
    void waiting[0].then(() => (settled = finished));
    const chunks = chunksOf(made.response);
    await chunks.next();
    same(settled, undefined);
    await chunks.cancel('bye');
    same(await waiting[0], { code: 'cancelled', cause: 'bye' });
    same(settled, true, 'the producer to be through first');
  },

  'an onError that throws harms nobody': async ({ eventStream }) => {
    const waiting = [];
    const onError = () => {
      throw new Error('in onError');
    };
    const producer = async () => {
      throw new Error('in the producer');
    };
    const { error } = console;
    const logged = [];
    console.error = (...values) => logged.push(values.join(' '));
    try {
      const response = eventStream(ask(), producer, { onError, waitUntil: (promise) => waiting.push(promise) });
      await rejection(text(response));
      same((await waiting[0]).code, 'failed');
    } finally {
      console.error = error;
    }
    same(logged, ['eventsource-wasm: onError failed: Error: in onError']);
  },
};
