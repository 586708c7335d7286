// How readers of a channel leave it: by close, by drain, and by being too slow.

import { rejection, same, settle, until, yes } from './check.mjs';
import { begin, idsOf, reader } from './channel-tools.mjs';
import { ask, chunksOf, text } from './server-tools.mjs';

export const channelEndChecks = {
  'close: who reads gets what was published, who comes back the rest, and then status 204': async ({ Channel }) => {
    const channel = new Channel();
    const { first, ids } = await begin(channel, 4);
    const live = reader(channel);
    await live.first();
    const slow = chunksOf(channel.subscribe(ask({}, `?lastEventId=${ids[1]}`)));
    const last = await channel.publish('last');
    channel.close();
    channel.close();
    await live.end();
    same([live.ids, live.failure], [[last], undefined]);
    let all = '';
    for (let chunk; (chunk = await slow.next()) !== undefined;) all += chunk;
    same(idsOf(all), [...ids.slice(2), last]);
    const late = channel.subscribe(ask({}, `?lastEventId=${first}`));
    same(idsOf(await text(late)), [...ids, last]);
    for (const query of [`?lastEventId=${last}`, '']) same(channel.subscribe(ask({}, query)).status, 204);
    const refused = await rejection(channel.publish('x'));
    same([refused.code, refused.message], ['closed', 'expected an open channel, found it closed']);
    await settle(1);
    same(channel.size, 0);
  },

  'close: with a filter that takes nothing, too': async ({ Channel }) => {
    const channel = new Channel();
    const { first } = await begin(channel, 4);
    channel.close();
    const none = channel.subscribe(ask({}, `?lastEventId=${first}`), { filter: () => false });
    same(idsOf(await text(none)), []);
  },

  'drain: everybody is sent away with a time of its own, and who does not go is cut off': async ({ Channel }) => {
    const channel = new Channel({ retry: 10_000 });
    const reasons = [];
    const onSubscribe = (stream) => void stream.closed.then(({ code }) => reasons.push(code));
    const readers = Array.from({ length: 20 }, () => reader(channel, { onSubscribe }));
    await Promise.all(readers.map((read) => read.next()));
    const id = await channel.publish('before');
    await channel.drain();
    await Promise.all(readers.map((read) => read.end()));
    const waits = readers.map((read) => {
      same([read.ids, read.failure], [[id], undefined]);
      return Number(/\nretry: (\d+)\n\n$/.exec(read.text)[1]);
    });
    for (const wait of waits) yes(wait >= 5000 && wait <= 15_000, `around 10,000 ms, found ${wait}`);
    yes(new Set(waits).size > 10, 'times that differ');
    same(new Set(reasons).size + reasons.length, 21);
    same(reasons[0], 'drained');
    // Who comes now is sent away, too; what is published is kept.
    const late = reader(channel, { onSubscribe });
    await late.end();
    yes(/retry: \d+\n\n$/.test(late.text), `a time to come back, found ${late.text}`);
    await channel.publish('after');

    const stuck = new Channel();
    const response = stuck.subscribe(ask(), { maxBuffer: 1_000_000 });
    await stuck.publish('x');
    await stuck.drain(20);
    yes((await rejection(text(response))) instanceof Error, 'a body that breaks off');
  },

  'a reader that is too slow is cut, and gets everything when it comes back': async ({ Channel }) => {
    const channel = new Channel({ maxBuffer: 1000, history: { events: 10_000 } });
    const first = await reader(channel).first();
    let stream;
    const chunks = chunksOf(
      channel.subscribe(ask({}, `?lastEventId=${first}`), { onSubscribe: (made) => (stream = made) }),
    );
    await chunks.next();
    const healthy = reader(channel, {}, ask({}, `?lastEventId=${first}`));
    const ids = [];
    while (!stream.signal.aborted) {
      ids.push(await channel.publish('x'.repeat(50)));
      yes(stream.bufferedBytes < 1100, `a bounded buffer, found ${stream.bufferedBytes}`);
      await until(() => healthy.ids.length === ids.length);
    }
    same((await stream.closed).code, 'slow-consumer');
    same(stream.sent + stream.dropped, ids.length);
    const back = reader(channel, {}, ask({}, `?lastEventId=${first}`));
    same(await back.until(ids.length), ids);
    same(healthy.ids, ids);
    await Promise.all([back.cancel(), healthy.cancel()]);
  },

  'a reader may have another policy': async ({ Channel }) => {
    const channel = new Channel({ overflow: 'drop-oldest', maxBuffer: 500 });
    const streams = {};
    const stalled = ['drop-oldest', 'drop-newest', 'latest-per-key'].map((overflow) => {
      const onSubscribe = (stream) => (streams[overflow] = stream);
      return [
        overflow,
        chunksOf(channel.subscribe(ask(), overflow === 'drop-oldest' ? { onSubscribe } : { overflow, onSubscribe })),
      ];
    });
    const first = await Promise.all(stalled.map(async ([, chunks]) => await chunks.next()));
    same(first.length, 3);
    const ids = [];
    for (let n = 0; n < 300; n++) ids.push(await channel.publish({ key: `${n % 3}`, data: `${n}`.padStart(20) }));
    // Until then they could still be taken as they are.
    await settle(5);
    for (const [overflow, chunks] of stalled) {
      const found = idsOf(await chunks.next());
      same(streams[overflow].sent + streams[overflow].dropped, 300);
      same(streams[overflow].sent, found.length);
      yes(found.length < 20, `few events, found ${found.length}`);
      if (overflow === 'drop-newest') same(found, ids.slice(0, found.length));
      else if (overflow === 'drop-oldest') same(found, ids.slice(-found.length));
      else for (const id of ids.slice(-3)) yes(found.includes(id), 'the newest of each key');
      await chunks.cancel();
    }
    let refused;
    try {
      channel.subscribe(ask(), { overflow: 'wait' });
    } catch (error) {
      refused = `${error.name}: ${error.message}`;
    }
    same(refused, "TypeError: expected an overflow policy that does not wait, found 'wait'");
  },

  'a publisher that awaits does not outrun readers that keep up': async ({ Channel }) => {
    const channel = new Channel({ history: { events: 0 } });
    const readers = Array.from({ length: 10 }, () => {
      const [body, found] = [channel.subscribe(ask()).body.getReader(), []];
      const running = (async () => {
        for (;;) {
          const { done, value } = await body.read();
          if (done) return found;
          found.push(...idsOf(new TextDecoder().decode(value)));
          // As a socket that takes its time.
          await settle(0);
        }
      })();
      return running;
    });
    await settle(5);
    const ids = [];
    for (let n = 0; n < 5000; n++) ids.push(await channel.publish('x'.repeat(50)));
    channel.close();
    for (const found of await Promise.all(readers)) same(found, ids);
  },
};
