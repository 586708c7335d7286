// Where the events of a written stream come from.

import { rejection, same, settle, until, yes } from './check.mjs';
import { ask, chunksOf, START, text } from './server-tools.mjs';

const EXPECTED = `${START}data: 1\n\nevent: two\ndata: [2]\n\ndata: 3\n\n`;
const EVENTS = ['1', { event: 'two', data: [2] }, '3'];

export const producerChecks = {
  'a function that returns nothing leaves the stream open': async ({ eventStream }) => {
    let stream;
    const chunks = chunksOf(eventStream(ask(), (made) => void (stream = made)));
    same(await chunks.next(), START);
    await settle(20);
    yes(!stream.signal.aborted, 'an open stream');
    void stream.send('later');
    same(await chunks.next(), 'data: later\n\n');
    await chunks.cancel();
  },

  'iterables: an array, a set, a generator, an async generator, an async iterable': async ({ eventStream }) => {
    const producers = [
      EVENTS,
      new Set(EVENTS),
      (function* () {
        yield* EVENTS;
      })(),
      (async function* () {
        for (const event of EVENTS) {
          await settle(2);
          yield event;
        }
      })(),
      new ReadableStream({
        start(controller) {
          for (const event of EVENTS) controller.enqueue(event);
          controller.close();
        },
      }),
    ];
    for (const producer of producers) same(await text(eventStream(ask(), producer)), EXPECTED);
    same(await text(eventStream(ask(), [])), START);
  },

  'an iterable is asked no faster than its reader reads, and is told when the reader leaves': async ({
    eventStream,
  }) => {
    for (const kind of ['sync', 'async']) {
      let [asked, returned] = [0, 0];
      const events =
        kind === 'sync'
          ? (function* () {
              try {
                for (;;) yield `${asked++}`.padEnd(100, '.');
              } finally {
                returned++;
              }
            })()
          : (async function* () {
              try {
                for (;;) yield `${asked++}`.padEnd(100, '.');
              } finally {
                returned++;
              }
            })();
      const chunks = chunksOf(eventStream(ask(), events, { maxBuffer: 1000 }));
      await chunks.next();
      await settle(10);
      yes(asked <= 24, `the ${kind} iterable to wait for its reader, found ${asked} events`);
      same(returned, 0);
      await chunks.cancel();
      await until(() => returned === 1);
    }
  },

  'an iterator that waits is told when the reader leaves, and is not waited for': async ({ eventStream }) => {
    let returned = 0;
    const waiting = [];
    const events = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: async () => ((returned += 1), { done: true }),
      }),
    };
    const chunks = chunksOf(eventStream(ask(), events, { waitUntil: (promise) => waiting.push(promise) }));
    same(await chunks.next(), START);
    await chunks.cancel('bye');
    same(await waiting[0], { code: 'cancelled', cause: 'bye' });
    same(returned, 1);
  },

  'an iterable with an event that is refused fails, and is closed': async ({ eventStream }) => {
    let returned = 0;
    const errors = [];
    const events = (function* () {
      try {
        yield 'fine';
        yield { id: 'a\n' };
      } finally {
        returned++;
      }
    })();
    const response = eventStream(ask(), events, { onError: (error) => errors.push(error.code) });
    await rejection(text(response));
    same(errors, ['invalid-id']);
    same(returned, 1);
  },

  'an iterable that throws fails': async ({ eventStream }) => {
    const errors = [];
    const broken = async function* () {
      yield 'before';
      throw new Error('broken');
    };
    const chunks = chunksOf(eventStream(ask(), broken(), { onError: (error) => errors.push(error.message) }));
    let read = '';
    await rejection(
      (async () => {
        for (;;) read += (await chunks.next()) ?? 'ended in peace';
      })(),
    );
    same(read, `${START}data: before\n\n`);
    same(errors, ['broken']);
  },
};
