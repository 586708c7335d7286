// Streams of others that are handed on.

import { rejection, same, settle, yes } from './check.mjs';
import { ask, chunksOf, open, START, text } from './server-tools.mjs';

const encoder = new TextEncoder();

/** A body that comes in these pieces, one each `pause` milliseconds. */
function body(pieces, { pause, cancelled, fails } = {}) {
  const rest = [...pieces];
  return new ReadableStream(
    {
      async pull(controller) {
        if (pause !== undefined) await settle(pause);
        const piece = rest.shift();
        if (piece !== undefined) controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece);
        else if (fails) controller.error(fails);
        else controller.close();
      },
      cancel: (reason) => cancelled?.push(reason ?? 'left'),
    },
    { highWaterMark: 0 },
  );
}

/** Cut into pieces of so many bytes. */
function cut(stream, size) {
  const bytes = encoder.encode(stream);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.slice(n * size, (n + 1) * size));
}

const STREAM = [
  ': hello\n\n',
  'event: a\nid: 1\ndata: x\ndata: y\n\n',
  'data: windows\r\n\r\n',
  'data: mac\r\r',
  'retry: 10\n\n',
  'unknown: field\ndata:no space\ndata: 漢字 🚀\n\n',
].join('');

export const relayChecks = {
  'a relayed stream arrives byte for byte, however it is cut': async ({ eventStream }) => {
    for (const size of [1, 2, 3, 7, 64, 1000]) {
      const made = open(eventStream, ask());
      made.stream.close();
      const response = eventStream(ask(), body(cut(STREAM, size)));
      same(await text(response), START + STREAM, `pieces of ${size}`);
    }
  },

  'bytes may come from any iterable, and events between them': async ({ eventStream }) => {
    const bytes = encoder.encode('data: raw\n\n');
    same(await text(eventStream(ask(), [bytes, 'event', bytes])), `${START}data: raw\n\ndata: event\n\ndata: raw\n\n`);
    async function* mixed() {
      yield { id: '1', data: [1] };
      yield bytes;
    }
    same(await text(eventStream(ask(), mixed())), `${START}id: 1\ndata: [1]\n\ndata: raw\n\n`);
  },

  'a ReadableStream of events is a producer': async ({ eventStream }) => {
    const events = new ReadableStream({
      start(controller) {
        for (const event of ['a', { event: 'b', data: 1 }]) controller.enqueue(event);
        controller.close();
      },
    });
    same(await text(eventStream(ask(), events)), `${START}data: a\n\nevent: b\ndata: 1\n\n`);
  },

  'heartbeats come between the frames of a relayed stream only': async ({ eventStream }) => {
    const frame = `data: ${'x'.repeat(50)}\n\n`;
    const stream = frame.repeat(6);
    const read = await text(eventStream(ask(), body(cut(stream, 20), { pause: 6 }), { heartbeat: 2 }));
    yes(read.length > START.length + stream.length, 'heartbeats');
    same(read.replaceAll(START, ''), stream);
    for (const part of read.split('\n\n').slice(0, -1))
      yes(part === ': ' || part === frame.trim(), `a frame, found ${part}`);
  },

  'a byte order mark at its beginning is left out, and what is no whole frame at its end, too': async ({
    eventStream,
  }) => {
    for (const size of [1, 2, 100]) {
      const pieces = cut('\ufeffdata: a\n\ndata: \ufeffb\n\ndata: unfinished\n', size);
      same(await text(eventStream(ask(), body(pieces))), `${START}data: a\n\ndata: \ufeffb\n\n`);
    }
  },

  'a relayed stream is read no faster than its reader reads': async ({ eventStream }) => {
    let pulled = 0;
    const endless = new ReadableStream(
      {
        pull(controller) {
          pulled++;
          controller.enqueue(encoder.encode(`data: ${'x'.repeat(100)}\n\n`));
        },
      },
      { highWaterMark: 0 },
    );
    const chunks = chunksOf(eventStream(ask(), endless, { maxBuffer: 1000 }));
    await chunks.next();
    await settle(30);
    const stalled = pulled;
    yes(stalled <= 22, `reading to stop, read ${stalled} pieces`);
    await settle(30);
    same(pulled, stalled);
    await chunks.cancel();
  },

  'the upstream is cancelled when the reader leaves, also while it is silent': async ({ eventStream }) => {
    const cancelled = [];
    const silent = new ReadableStream({ cancel: () => void cancelled.push('silent') });
    const chunks = chunksOf(eventStream(ask(), silent));
    await chunks.next();
    await chunks.cancel();
    const busy = chunksOf(eventStream(ask(), body(Array(1000).fill('data: x\n\n'), { cancelled }), { maxBuffer: 50 }));
    await busy.next();
    await busy.next();
    await busy.cancel();
    await settle(5);
    same(cancelled, ['silent', 'left']);
  },

  'an upstream that breaks off breaks the stream off, after what came whole': async ({ eventStream }) => {
    const errors = [];
    const upstream = body(['data: a\n\nda'], { fails: new Error('reset') });
    const chunks = chunksOf(eventStream(ask(), upstream, { onError: (error) => errors.push(error.message) }));
    let read = '';
    yes(
      (await rejection(
        (async () => {
          for (;;) read += (await chunks.next()) ?? 'ended in peace';
        })(),
      )) instanceof Error,
      'a body that breaks off',
    );
    same([read, errors], [`${START}data: a\n\n`, ['reset']]);
  },

  'a frame that has no end is refused before it fills the memory': async ({ eventStream }) => {
    const errors = [];
    const piece = new Uint8Array(1024 * 1024).fill(120);
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(piece) }, { highWaterMark: 0 });
    const response = eventStream(ask(), endless, { onError: (error) => errors.push(error.code) });
    await rejection(text(response));
    same(errors, ['event-too-large']);
  },
};
