// What becomes of events that a reader does not take, and when a stream ends by itself.

import { rejection, same, settle, until, yes } from './check.mjs';
import { ask, chunksOf, endless, open, START, text } from './server-tools.mjs';

const MAX = 200;
/** As many bytes as the others: 21. */
const frame = (n, key) => `event: ${key}\ndata: ${String(n).padStart(4, '0')}\n\n`;

/** Sends 100 events under keys in turn to a reader that has taken the first bytes only, and tells what that reads then. */
async function stalled(eventStream, overflow, keys = 'abc') {
  const made = open(eventStream, ask(), endless, { overflow, maxBuffer: MAX, heartbeat: false });
  const chunks = chunksOf(made.response);
  same(await chunks.next(), START);
  let most = 0;
  for (let n = 0; n < 100; n++) {
    await made.stream.send({ event: keys[n % keys.length], data: String(n).padStart(4, '0') });
    most = Math.max(most, made.stream.bufferedBytes);
  }
  same(made.stream.sent, 0);
  const waiting = made.stream.bufferedBytes;
  const chunk = await chunks.next();
  same(chunk.length, waiting, 'bytes that waited');
  await chunks.cancel();
  const { sent, dropped } = made.stream;
  same(sent + dropped, 100, 'events sent and dropped');
  same(chunk.split('\n\n').length - 1, sent);
  return { chunk, sent, most, length: frame(0, 'a').length };
}

export const overflowChecks = {
  'drop-oldest: the newest events stay, in order': async ({ eventStream }) => {
    const { chunk, sent, most, length } = await stalled(eventStream, 'drop-oldest');
    same(sent, Math.floor(MAX / length));
    yes(most <= MAX, `at most ${MAX} bytes, found ${most}`);
    same(chunk, Array.from({ length: sent }, (_, n) => frame(100 - sent + n, 'abc'[(100 - sent + n) % 3])).join(''));
  },

  'drop-newest: the oldest events stay, in order': async ({ eventStream }) => {
    const { chunk, sent, most, length } = await stalled(eventStream, 'drop-newest');
    same(sent, Math.ceil(MAX / length));
    yes(most < MAX + length, `less than an event more than ${MAX} bytes, found ${most}`);
    same(chunk, Array.from({ length: sent }, (_, n) => frame(n, 'abc'[n % 3])).join(''));
  },

  'latest-per-key: the newest of each key stays, the last of all at the end': async ({ eventStream }) => {
    const { chunk, most, length } = await stalled(eventStream, 'latest-per-key');
    yes(most < MAX + length, `less than an event more than ${MAX} bytes, found ${most}`);
    const read = chunk.split('\n\n').slice(0, -1);
    for (const n of [97, 98, 99])
      yes(read.includes(frame(n, 'abc'[n % 3]).trim()), `event ${n}, the newest of its key`);
    same(read.at(-1), frame(99, 'a').trim());
    // More keys than there is room for: the oldest go.
    const many = await stalled(eventStream, 'latest-per-key', 'abcdefghijklmnopqrst');
    same(many.sent, Math.floor(MAX / many.length));
    yes(many.chunk.endsWith(frame(98, 's') + frame(99, 't')), 'the newest keys');
  },

  'latest-per-key: what is loud does not push out what is heard now and then': async ({ eventStream }) => {
    const { chunk, sent, length } = await stalled(eventStream, 'latest-per-key', `r${'l'.repeat(39)}`);
    same(sent, Math.floor(MAX / length));
    const loud = Array.from({ length: sent - 1 }, (_, n) => frame(100 - sent + 1 + n, 'l'));
    same(chunk, frame(80, 'r') + loud.join(''));
  },

  'latest-per-key: by the key that an event has, which is not sent': async ({ eventStream }) => {
    const made = open(eventStream, ask(), endless, { overflow: 'latest-per-key', maxBuffer: 60, heartbeat: false });
    for (const [key, data] of ['a1', 'b1', 'a2', 'c1', 'b2', 'a3', 'a4']) {
      await made.stream.send({ event: 'price', key, data: key + data.repeat(10) });
    }
    made.stream.close();
    const data = [...(await text(made.response)).matchAll(/^data: (..)/gm)].map(([, start]) => start);
    same(new Set(data).size, data.length, 'events of each key');
    same(data.at(-1), 'a4');
    same(made.stream.sent + made.stream.dropped, 7);
  },

  'disconnect: a reader that does not keep up is cut, and the handler is told': async ({ eventStream }) => {
    const made = open(eventStream, ask(), endless, { overflow: 'disconnect', maxBuffer: MAX });
    const chunks = chunksOf(made.response);
    same(await chunks.next(), START);
    let sent = 0;
    const refused = await rejection(
      (async () => {
        for (; sent < 100; sent++) await made.stream.send('x'.repeat(50));
      })(),
    );
    same(refused.code, 'closed');
    same((await made.stream.closed).code, 'slow-consumer');
    yes(made.stream.signal.aborted, 'an aborted signal');
    yes((await rejection(chunks.next())) instanceof Error, 'a body that breaks off');
    same([made.stream.sent, made.stream.dropped], [0, sent + 1]);
    same(made.stream.bufferedBytes, 0);
  },

  'no policy drops anything while the reader keeps up': async ({ eventStream }) => {
    for (const overflow of ['wait', 'drop-oldest', 'drop-newest', 'latest-per-key', 'disconnect']) {
      const made = open(
        eventStream,
        ask(),
        async (stream) => {
          for (let n = 0; n < 500; n++) {
            await stream.send({ id: n, data: 'x'.repeat(20) });
            if (n % 8 === 0) await until(() => stream.bufferedBytes === 0);
          }
        },
        { overflow, maxBuffer: 500 },
      );
      const ids = [...(await text(made.response)).matchAll(/^id: (.+)$/gm)].map(([, id]) => Number(id));
      same(
        ids,
        Array.from({ length: 500 }, (_, n) => n),
        overflow,
      );
      same([made.stream.sent, made.stream.dropped], [500, 0], overflow);
    }
  },

  'counters: comments and what no reader dispatches are not counted': async ({ eventStream }) => {
    const made = open(eventStream, ask(), async (stream) => {
      await stream.send('a');
      await stream.comment('b');
      await stream.send({ id: '1' });
      await stream.send({ retry: 5 });
      await stream.send({ event: 'x', data: '' });
    });
    await text(made.response);
    same([made.stream.sent, made.stream.dropped], [2, 0]);
  },

  'maxDuration: the stream ends, and its reader is told a time of its own to come back': async ({ eventStream }) => {
    const waits = new Set();
    for (const maxDuration of [20, new Date(Date.now() + 20), 0, new Date(0)]) {
      const made = open(eventStream, ask(), endless, { maxDuration, retry: 100_000 });
      const all = await text(made.response);
      const [, wait] = /^retry: 100000\n\nretry: (\d+)\n\n$/.exec(all) ?? [];
      yes(wait >= 50_000 && wait <= 150_000, `a reconnection time at the end, found ${JSON.stringify(all)}`);
      waits.add(wait);
      same(await made.stream.closed, { code: 'deadline' });
      yes(made.stream.signal.aborted, 'an aborted signal');
    }
    yes(waits.size > 1, 'times that differ');
  },

  'maxDuration: what was sent before arrives, and a stream that ends earlier has no deadline': async ({
    eventStream,
  }) => {
    const made = open(eventStream, ask(), (stream) => void stream.send('kept'), { maxDuration: 200 });
    yes((await text(made.response)).startsWith(`${START}data: kept\n\nretry: `), 'the event and the time');
    const early = open(eventStream, ask(), (stream) => stream.close(), { maxDuration: 200 });
    same(await text(early.response), START);
    await settle(250);
    same(await early.stream.closed, { code: 'closed' });
  },

  'options that are not what they should be are refused at once': ({ eventStream }) => {
    const refused = (init) => {
      try {
        eventStream(ask(), endless, init);
      } catch (error) {
        return `${error.name}: ${error.message}`;
      }
      return 'taken';
    };
    same(
      refused({ overflow: 'block' }),
      'TypeError: expected overflow to be wait, drop-oldest, drop-newest, latest-per-key, disconnect, found block',
    );
    for (const maxDuration of [-1, NaN, new Date('never'), '5', null, true]) {
      same(
        refused({ maxDuration }),
        `RangeError: expected maxDuration to be milliseconds or a date, found ${maxDuration}`,
      );
    }
  },
};
