// What a handler may get wrong is told, and nothing is lost silently for it.

import { rejection, same } from './check.mjs';
import { ask, chunksOf, endless, open, START, text } from './server-tools.mjs';

/** Name and message of what `work` throws. */
function thrown(work) {
  try {
    work();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
  return 'nothing';
}

export const mistakeChecks = {
  'a producer that is none is refused at once': ({ eventStream }) => {
    for (const producer of [undefined, null, 5, 'abc', {}]) {
      const message = `expected a producer to be a function, an iterable or a stream, found ${typeof producer}`;
      same(
        thrown(() => eventStream(ask(), producer)),
        `TypeError: ${message}`,
      );
    }
  },

  'a function that returns a generator is one of events; whatever else it returns leaves the stream open': async ({
    eventStream,
  }) => {
    function* generator(stream) {
      yield `for ${stream.lastEventId || 'all'}`;
      yield { id: '2', data: 'b' };
    }
    async function* later() {
      yield* generator({});
    }
    for (const producer of [generator, later]) {
      const made = open(eventStream, ask(), producer);
      same(await text(made.response), `${START}data: for all\n\nid: 2\ndata: b\n\n`);
      same(await made.stream.closed, { code: 'completed' });
    }
    const streams = new Set();
    for (const producer of [(stream) => streams.add(stream), () => 5, () => null, () => 'text']) {
      const made = open(eventStream, ask(), producer);
      await made.stream.send('later');
      made.stream.close();
      same(await text(made.response), `${START}data: later\n\n`);
      same([await made.stream.closed, made.errors], [{ code: 'closed' }, []]);
    }
    same(streams.size, 1);
  },

  'an event that has nothing of an event is refused': async ({ eventStream, encode, Channel }) => {
    for (const [event, found] of [
      [{ message: 'x' }, 'message'],
      [{ key: 'a', type: 'x' }, 'type'],
      [['a', 'b'], '0'],
      [new Uint8Array(2), '0'],
    ]) {
      const message = `expected an event to have comment, event, id, data, retry, key or none, found "${found}"`;
      if (!Array.isArray(event))
        same(
          thrown(() => encode(event)),
          `TypeError: ${message}`,
        );
      same((await rejection(new Channel().publish(event))).message, message);
      const made = open(eventStream, ask());
      same((await rejection(made.stream.send(event))).message, message);
      made.stream.close();
      same(await text(made.response), START);
    }
    for (const nothing of [{}, { data: undefined }, { key: 'a' }]) same(encode(nothing).length, 0);
    // What else it has beside is its own affair.
    same(new TextDecoder().decode(encode({ data: 'a', more: 1 })), 'data: a\n\n');
  },

  'functions that are none': ({ eventStream }) => {
    for (const name of ['onError', 'waitUntil']) {
      for (const value of [5, null, {}]) {
        const message = `expected ${name} to be a function, found ${typeof value}`;
        same(
          thrown(() => eventStream(ask(), endless, { [name]: value })),
          `TypeError: ${message}`,
        );
      }
    }
  },

  'an event whose toJSON ends the stream is not sent': async ({ eventStream }) => {
    for (const reads of [false, true]) {
      const made = open(eventStream);
      const chunks = chunksOf(made.response);
      if (reads) same(await chunks.next(), START);
      const waiting = reads ? chunks.next() : undefined;
      const toJSON = () => made.stream.close();
      same((await rejection(made.stream.send({ data: { toJSON: () => toJSON() ?? 'x' } }))).code, 'closed');
      if (!reads) same(await chunks.next(), START);
      same(await (waiting ?? chunks.next()), undefined);
      same([made.stream.sent, made.stream.dropped], [0, 0]);
    }
  },
};
