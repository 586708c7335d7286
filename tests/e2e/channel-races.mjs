// Channels that are called back into, closed or drained at an awkward moment.

import { same, settle, until, yes } from './check.mjs';
import { begin, idsOf, reader } from './channel-tools.mjs';
import { ask, chunksOf, text } from './server-tools.mjs';

const from = (id = '') => ask({}, `?lastEventId=${id}`);

export const channelRaceChecks = {
  'a filter that sends to its own reader takes nothing away': async ({ Channel }) => {
    const channel = new Channel();
    const { first, ids } = await begin(channel, 3);
    for (const flushes of [false, true]) {
      let stream;
      const seen = [];
      const filter = ({ data }) => {
        seen.push(data);
        void stream.send({ event: 'own', data });
        if (flushes) stream.flush();
        return true;
      };
      const read = reader(channel, { filter, onSubscribe: (made) => (stream = made) }, from(first));
      same(await read.until(3), ids);
      const id = await channel.publish('4');
      same(await read.until(ids.length + 1), [...ids, id]);
      same(
        seen,
        Array.from({ length: ids.length + 1 }, (_, n) => seen[n]),
      );
      same(read.text.split('event: own').length - 1, seen.length, 'events of its own');
      ids.push(id);
      await read.cancel();
    }
  },

  'a filter that closes the channel: everybody gets what was published first': async ({ Channel }) => {
    const channel = new Channel();
    const readers = [false, true, false].map((closes) => {
      const filter = ({ data }) => {
        if (data === '2') channel.close();
        return true;
      };
      return reader(channel, closes ? { filter } : {});
    });
    await Promise.all(readers.map((read) => read.first()));
    const ids = await Promise.all(['1', '2', '3'].map((data) => channel.publish(data)));
    for (const read of readers) {
      await read.end();
      same([read.ids, read.failure], [ids, undefined]);
    }
  },

  'a gap comes before what is published behind it, also where nothing is kept': async ({ Channel }) => {
    const channel = new Channel({ history: { events: 0 } });
    const { first } = await begin(channel, 3);
    const chunks = chunksOf(channel.subscribe(from(first)));
    const id = await channel.publish('next');
    await settle(1);
    let all = '';
    while (!idsOf(all).length) all += await chunks.next();
    same(idsOf(all), [id]);
    yes(
      all.includes('event: gap') && all.indexOf('event: gap') < all.indexOf('data: next'),
      `a gap first, found ${all}`,
    );
    await chunks.cancel();
  },

  'a closed channel that keeps nothing: who asks for what is gone is told of the gap, and then of the end': async ({
    Channel,
  }) => {
    for (const ids of [undefined, { secret: 'a secret of more than 16 bytes' }]) {
      const channel = new Channel({ history: { events: 0 }, ids });
      const { first } = await begin(channel, 3);
      channel.close();
      for (const asked of [first, 'unknown']) {
        const all = await text(channel.subscribe(from(asked)));
        yes(all.includes('event: gap'), `a gap, found ${all}`);
        const [id] = all.match(/^id: .+$/gm).slice(-1);
        same(channel.subscribe(from(id.slice(4))).status, 204);
      }
    }
  },

  'close() while a reader is about to begin: it gets what it has missed': async ({ Channel }) => {
    let open;
    const entries = ['1', '2', '3'].map((data, n) => ({ position: `5-${n + 1}`, event: { data } }));
    const store = {
      append: () => '5-4',
      head: () => new Promise((resolve) => (open = () => resolve('5-3'))),
      read: (after, limit) => ({ entries: entries.slice(Number(after.slice(2))).slice(0, limit), gap: false }),
    };
    const channel = new Channel({ store });
    const response = channel.subscribe(from('5-1'));
    channel.close();
    const all = text(response);
    await settle(5);
    open();
    same(idsOf(await all), ['5-2', '5-3']);
  },

  'close() and drain() of a reader whose buffer is full: it gets what waits': async ({ Channel }) => {
    for (const end of ['close', 'drain']) {
      const channel = new Channel({ maxBuffer: 100 });
      let stream;
      const onSubscribe = (made) => (stream = made);
      const chunks = chunksOf(channel.subscribe(ask(), { onSubscribe, filter: () => true }));
      const ids = [];
      while (stream.bufferedBytes < 100) {
        ids.push(await channel.publish('x'.repeat(30)));
        await settle(1);
      }
      void channel[end]();
      same((await stream.closed).code, end === 'close' ? 'closed' : 'drained');
      let all = '';
      for (let chunk; (chunk = await chunks.next()) !== undefined;) all += chunk;
      same(idsOf(all), ids);
      same([stream.sent, stream.dropped], [ids.length, 0]);
    }
  },

  'drain: any timeout, and whoever has not taken what was sent': async ({ Channel }) => {
    for (const timeout of [-1, NaN, '5', null]) {
      const error = await new Channel().drain(timeout).catch((thrown) => thrown);
      same(
        `${error?.name}: ${error?.message}`,
        `RangeError: expected timeout to be a number that is not negative, found ${timeout}`,
      );
    }
    const channel = new Channel();
    const chunks = chunksOf(channel.subscribe(ask()));
    let drained = 0;
    const count = () => drained++;
    void channel.drain(Infinity).then(count);
    void channel.drain(2 ** 40).then(count);
    await settle(20);
    same(drained, 0, 'drained while a reader has not left');
    yes(/retry: \d+\n\n$/.test(await chunks.next()), 'a time to come back');
    same(await chunks.next(), undefined);
    await until(() => drained === 2);

    const closed = new Channel();
    const slow = closed.subscribe(ask());
    await closed.publish('x');
    closed.close();
    await closed.drain(1);
    yes((await text(slow).catch((error) => error)) instanceof Error, 'a body that is cut off');
  },

  'drain: one whose end another one brings about is not waited for': async ({ Channel }) => {
    const channel = new Channel();
    const streams = [];
    const onSubscribe = (stream) => {
      streams.push(stream);
      stream.signal.addEventListener('abort', () => streams.forEach((other) => other.close()));
    };
    const chunks = [1, 2].map(() => chunksOf(channel.subscribe(ask(), { onSubscribe })));
    // They have taken everything, and wait for no more.
    await Promise.all(chunks.map((one) => one.next()));
    await settle(1);
    let drained = false;
    const draining = channel.drain(10).then(() => (drained = true));
    await settle(50);
    same(drained, true, 'drained');
    await draining;
  },

  'an option that is undefined is one that is not given': async ({ Channel }) => {
    const channel = new Channel({ overflow: undefined, maxBuffer: 500 });
    const streams = [];
    const onSubscribe = (stream) => void streams.push(stream);
    for (const init of [{}, { overflow: undefined, maxBuffer: undefined }]) {
      channel.subscribe(ask(), { ...init, onSubscribe });
    }
    for (let n = 0; n < 100; n++) await channel.publish('x'.repeat(50));
    await settle(1);
    for (const stream of streams) same((await Promise.race([stream.closed, settle(5)]))?.code, 'slow-consumer');
  },

  'latest-per-key: what a reader is sent of its own has keys of the channel’s': async ({ Channel }) => {
    const channel = new Channel({ overflow: 'latest-per-key', maxBuffer: 200 });
    let stream;
    const chunks = chunksOf(channel.subscribe(ask(), { onSubscribe: (made) => (stream = made) }));
    await chunks.next();
    const publish = async (key, data) => {
      await channel.publish({ key, data });
      await settle(1);
    };
    // It is not read from now on.
    await publish('a', 'a1');
    await publish('b', 'b1');
    await publish('c', 'c1');
    for (let n = 0; n < 50; n++) await publish('d', `d${n}`);
    void stream.send({ key: 'b', data: 'b2'.padEnd(30, '.') });
    const found = [...(await chunks.next()).matchAll(/^data: (\w+)/gm)].map(([, data]) => data);
    yes(found.includes('b2') && !found.includes('b1'), `the newest of b, found ${found}`);
    for (const data of ['a1', 'c1', 'd49']) yes(found.includes(data), `the newest of each, found ${found}`);
    await chunks.cancel();
  },

  'a callback that throws: no reader is left': async ({ Channel, eventStream }) => {
    const thrown = new Error('in the callback');
    const fail = () => {
      throw thrown;
    };
    const channel = new Channel();
    const streams = [];
    const calls = [
      () => channel.subscribe(ask(), { onSubscribe: (stream) => (streams.push(stream), fail()) }),
      () => channel.subscribe(ask(), { waitUntil: fail }),
      () => eventStream(ask(), (stream) => void streams.push(stream), { waitUntil: fail }),
    ];
    for (const call of calls) {
      let found;
      try {
        call();
      } catch (error) {
        found = error;
      }
      same(found?.message, thrown.message);
    }
    same(channel.size, 0);
    for (const stream of streams) {
      const ended = await Promise.race([stream.closed, settle(5)]);
      same(ended?.code, 'cancelled');
    }
    for (const [name, init] of Object.entries({
      filter: { filter: 5 },
      onSubscribe: { onSubscribe: 'x' },
      waitUntil: { waitUntil: {} },
    })) {
      let found;
      try {
        channel.subscribe(ask(), init);
      } catch (error) {
        found = `${error.name}: ${error.message}`;
      }
      same(found, `TypeError: expected ${name} to be a function, found ${typeof init[name]}`);
    }
    same(channel.size, 0);
  },

  'counts are of events with data, on a channel, too': async ({ Channel }) => {
    const channel = new Channel();
    const counts = [];
    for (const filter of [undefined, () => true]) {
      let stream;
      const read = reader(channel, { filter, onSubscribe: (made) => (stream = made) });
      const first = await read.first();
      await channel.publish({ comment: 'data: none' });
      await channel.publish({ retry: 5000 });
      await channel.publish({ event: 'x', data: 'data' });
      await read.until(1);
      counts.push(stream.sent);
      await read.cancel();
      let back;
      const again = reader(channel, { filter, onSubscribe: (made) => (back = made) }, from(first));
      await again.until(1);
      counts.push(back.sent);
      await again.cancel();
    }
    same(counts, [1, 1, 1, 1]);
  },
};
