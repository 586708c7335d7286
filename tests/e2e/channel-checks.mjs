// What a Channel promises, for any runtime.

import { rejection, same, settle, until, yes } from './check.mjs';
import { begin, FIRST, idsOf, reader } from './channel-tools.mjs';
import { ask } from './server-tools.mjs';

const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

export const channelChecks = {
  'a reader is given an id at once, and then what is published, under ids that grow': async ({ Channel }) => {
    const channel = new Channel();
    const read = reader(channel);
    const start = await read.next();
    yes(FIRST.test(start), `an id of its own at first, found ${JSON.stringify(start)}`);
    const epoch = FIRST.exec(start)[1].split('-')[0];
    same(await channel.publish({ event: 'a', data: 1 }), `${epoch}-1`);
    same(await channel.publish('b'), `${epoch}-2`);
    same(await channel.publish({ type: 'read', data: 'c', lastEventId: '77' }), `${epoch}-3`);
    same(
      await read.next(),
      `event: a\nid: ${epoch}-1\ndata: 1\n\nid: ${epoch}-2\ndata: b\n\nevent: read\nid: ${epoch}-3\ndata: c\n\n`,
    );
    same(channel.size, 1);
    await read.cancel();
    await settle(1);
    same(channel.size, 0);
  },

  'events of one turn leave as one chunk, which is one for all who read': async ({ Channel }) => {
    const channel = new Channel();
    const readers = numbers(1, 5).map(() => channel.subscribe(ask()).body.getReader());
    for (const read of readers) await read.read();
    const next = readers.map((read) => read.read());
    for (const n of numbers(1, 20)) await channel.publish(`${n}`);
    const chunks = (await Promise.all(next)).map(({ value }) => value);
    same(new TextDecoder().decode(chunks[0]).split('\n\n').length, 21);
    for (const chunk of chunks) yes(chunk === chunks[0], 'the same bytes');
    await Promise.all(readers.map((read) => read.cancel()));
  },

  'who comes back gets what it has missed, from any id on, and then what comes': async ({ Channel }) => {
    const channel = new Channel();
    const { first, ids } = await begin(channel, 10);
    for (const [at, id] of [first, ...ids].entries()) {
      for (const request of [{ headers: { 'last-event-id': id } }, undefined]) {
        const read = reader(channel, {}, ask(request, request ? '' : `?lastEventId=${id}`));
        const all = await read.until(10 - at);
        same(all, ids.slice(at));
        await read.cancel();
      }
    }
    const read = reader(channel, {}, ask({ headers: { 'last-event-id': ids[4] } }));
    const later = [await channel.publish('x'), await channel.publish('y')];
    same(await read.until(7), [...ids.slice(5), ...later]);
    await read.cancel();
  },

  'who joins within a turn gets what is published behind it, and nothing twice': async ({ Channel }) => {
    const channel = new Channel();
    const { ids } = await begin(channel, 3);
    const within = channel.publish('1');
    const fresh = reader(channel);
    const back = reader(channel, {}, ask({ headers: { 'last-event-id': ids[1] } }));
    const later = [await within, await channel.publish('2'), await channel.publish('3')];
    same(await fresh.until(2), later.slice(1));
    same(await back.until(4), [ids[2], ...later]);
    await settle(5);
    same([fresh.ids.length, back.ids.length], [2, 4]);
    await Promise.all([fresh.cancel(), back.cancel()]);
  },

  'who asks for what is not kept is told of the gap, and gets all that is': async ({ Channel }) => {
    const channel = new Channel({ history: { events: 4 } });
    const { first, ids } = await begin(channel, 10);
    const [epoch] = first.split('-');
    for (const asked of [first, ids[0], ids[4], `${epoch}-11`, `${epoch - 1}-10`, 'unknown', `${epoch}-`, '漢']) {
      const read = reader(channel, {}, ask({}, `?lastEventId=${encodeURIComponent(asked)}`));
      same(await read.until(4), ids.slice(6), asked);
      yes(
        read.text.includes(`event: gap\ndata: ${JSON.stringify({ lastEventId: asked })}\n\nid: `),
        `a gap, found ${read.text}`,
      );
      await read.cancel();
    }
    // The last that is not kept was read: nothing is missing.
    const read = reader(channel, {}, ask({}, `?lastEventId=${ids[5]}`));
    same(await read.until(4), ids.slice(6));
    yes(!read.text.includes('gap'), 'no gap');
    await read.cancel();
  },

  'history: bounded by events, by bytes and by age': async ({ Channel }) => {
    for (const [history, kept] of [
      [{ events: 3 }, 3],
      [{ events: 0 }, 0],
      [{ bytes: 200 }, (size) => Math.floor(200 / size)],
      [{ age: 1 }, 0],
      [{}, 10],
    ]) {
      const channel = new Channel({ history });
      const { first, ids } = await begin(channel, 10);
      await settle(5);
      const size = `id: ${ids.at(-1)}\ndata: 10\n\n`.length;
      const expected = typeof kept === 'function' ? kept(size) : kept;
      const read = reader(channel, {}, ask({}, `?lastEventId=${first}`));
      same(await read.until(expected), ids.slice(10 - expected), JSON.stringify(history));
      await until(() => expected === 10 || read.text.includes('event: gap'));
      await read.cancel();
    }
  },

  'a long history comes in pieces, as it is read, and what is published meanwhile behind it': async ({ Channel }) => {
    const channel = new Channel({ history: { events: 5000, bytes: 10_000_000 } });
    const first = await reader(channel).first();
    const ids = [];
    for (const n of numbers(1, 3000)) ids.push(await channel.publish(`${n}`.padEnd(100, '.')));
    const read = channel.subscribe(ask({}, `?lastEventId=${first}`)).body.getReader();
    const [decoder, found] = [new TextDecoder(), []];
    let pieces = 0;
    while (found.length < 3300) {
      const { value } = await read.read();
      yes(value.length <= 64 * 1024, `pieces of at most 64 KiB, found ${value.length}`);
      found.push(...idsOf(decoder.decode(value)));
      if (pieces++ < 3) for (const n of numbers(1, 100)) ids.push(await channel.publish(`${n}`));
    }
    same(found, ids);
    yes(pieces > 5, `pieces, found ${pieces}`);
    await read.cancel();
  },

  'filter: a reader gets what it wants, of the past and of what comes': async ({ Channel }) => {
    const channel = new Channel({ heartbeat: 10 });
    const first = await reader(channel).first();
    const ids = [];
    for (const n of numbers(0, 19)) ids.push(await channel.publish({ event: n % 2 ? 'odd' : 'even', data: { n } }));
    const seen = [];
    const filter = (event) => seen.push(event) && event.type === 'odd' && JSON.parse(event.data).n > 10;
    const read = reader(channel, { filter }, ask({}, `?lastEventId=${first}`));
    same(
      await read.until(5),
      [11, 13, 15, 17, 19].map((n) => ids[n]),
    );
    same(seen[3], { type: 'odd', data: '{"n":3}', lastEventId: ids[3] });
    for (const n of numbers(20, 29)) ids.push(await channel.publish({ event: n % 2 ? 'odd' : 'even', data: { n } }));
    same(
      (await read.until(10)).slice(5),
      [21, 23, 25, 27, 29].map((n) => ids[n]),
    );
    same(seen.length, 30);
    // What it has not got it has read, too: its id goes on with the heartbeat.
    const last = await channel.publish({ event: 'even', data: { n: 30 } });
    await until(() => read.text.endsWith(`id: ${last}\n\n`));
    await read.cancel();
  },

  'filter: one that throws ends its own stream, and one that publishes does not mix up the order': async ({
    Channel,
  }) => {
    const channel = new Channel();
    const reasons = [];
    const onSubscribe = (stream) => void stream.closed.then((reason) => reasons.push(reason));
    const broken = reader(channel, {
      onSubscribe,
      filter: () => {
        throw new Error('in the filter');
      },
    });
    const publishing = reader(channel, {
      filter: ({ data }) => {
        if (data === '1') void channel.publish('from the filter');
        return true;
      },
    });
    const other = reader(channel);
    await Promise.all([broken.first(), publishing.first(), other.first()]);
    await channel.publish('1');
    await channel.publish('2');
    const ids = await other.until(3);
    same(await publishing.until(3), ids);
    same([...ids].sort(), ids);
    yes((await rejection(broken.until(9))) instanceof Error, 'a body that breaks off');
    same([reasons[0].code, reasons[0].cause.message], ['failed', 'in the filter']);
    await Promise.all([publishing.cancel(), other.cancel()]);
  },

  'onSubscribe: a reader may be sent something of its own, and its end is told': async ({ Channel }) => {
    const channel = new Channel();
    let stream;
    const onSubscribe = (made) => {
      stream = made;
      void made.send({ event: 'welcome', data: made.lastEventId });
    };
    const read = reader(channel, { onSubscribe });
    await channel.publish('a');
    await read.until(1);
    yes(/event: welcome\ndata: \n\n/.test(read.text), `a welcome, found ${read.text}`);
    same([stream.sent, stream.dropped], [2, 0]);
    await read.cancel('bye');
    same(await stream.closed, { code: 'cancelled', cause: 'bye' });
  },

  'publish refuses what cannot be sent, before it is kept': async ({ Channel }) => {
    for (const init of [{}, { ids: { secret: 'sixteen bytes at least' } }]) {
      const channel = new Channel(init);
      const read = reader(channel);
      const first = await read.first();
      const codes = [];
      for (const event of [{ event: 'a\nb' }, { retry: -1 }, { id: '1', data: 'x' }, { data: Symbol('x') }, null, 5]) {
        const error = await rejection(channel.publish(event));
        yes(/^expected .+, found .+/.test(error.message), `a message of the usual form, found ${error.message}`);
        codes.push(error.code ?? error.name);
      }
      same(codes, ['invalid-event', 'invalid-retry', 'TypeError', 'TypeError', 'TypeError', 'TypeError']);
      same((await channel.publish('fine')).split('.')[0], first.split('.')[0].replace(/-0$/, '-1'));
      same((await read.until(1)).length, 1);
      await read.cancel();
    }
  },

  'ids that are signed: a client cannot make up where to go on': async ({ Channel }) => {
    const secret = 'a secret of more than 16 bytes';
    const channel = new Channel({ ids: { secret } });
    const { first, ids } = await begin(channel, 5);
    for (const id of [first, ...ids]) yes(/^\d+-\d+\.[\w-]{22}$/.test(id), `a signed id, found ${id}`);
    same(new Set(ids.map((id) => id.split('.')[1])).size, 5);
    const back = reader(channel, {}, ask({}, `?lastEventId=${ids[1]}`));
    same(await back.until(3), ids.slice(2));
    await back.cancel();
    const [position, mac] = ids[1].split('.');
    const other = new Channel({ ids: { secret: `${secret}!` } });
    const forged = [position, `${position}.`, `${first.split('.')[0]}.${mac}`, `${position}.${mac.slice(0, -1)}`];
    forged.push(`${position}.${mac}x`, `${position}.${ids[2].split('.')[1]}`, `.${mac}`, await other.publish('x'));
    for (const id of forged) {
      const read = reader(channel, {}, ask({}, `?lastEventId=${encodeURIComponent(id)}`));
      same(await read.until(5), ids, id);
      yes(read.text.includes('event: gap'), `a gap for ${id}`);
      await read.cancel();
    }
    let refused;
    try {
      new Channel({ ids: { secret: 'short' } });
    } catch (error) {
      refused = error.message;
    }
    same(refused, 'expected a secret of at least 16 bytes, found 5');
    for (const wrong of [undefined, 1_000_000, {}]) {
      try {
        new Channel({ ids: { secret: wrong } });
      } catch (error) {
        refused = error.message;
      }
      same(refused, `expected ids.secret to be a string or bytes, found ${typeof wrong}`);
    }
  },

  'snapshot and restore: another channel goes on where this one was': async ({ Channel }) => {
    for (const ids of [undefined, { secret: 'a secret of more than 16 bytes' }]) {
      const channel = new Channel({ history: { events: 5 }, ids });
      const made = await begin(channel, 8);
      const snapshot = channel.snapshot();
      for (const copy of [structuredClone(snapshot), JSON.parse(JSON.stringify(snapshot))]) {
        const restored = Channel.restore(copy, { history: { events: 5 }, ids });
        const read = reader(restored, {}, ask({}, `?lastEventId=${made.ids[4]}`));
        const next = await restored.publish('new');
        same(Number(next.split('.')[0].split('-')[1]), 9);
        same(await read.until(4), [...made.ids.slice(5), next]);
        yes(!read.text.includes('gap'), 'no gap');
        const gone = reader(restored, {}, ask({}, `?lastEventId=${made.ids[0]}`));
        same(await gone.until(5), [...made.ids.slice(4), next]);
        yes(gone.text.includes('event: gap'), 'a gap');
        await Promise.all([read.cancel(), gone.cancel()]);
      }
      // Of one that has had no event, and of one that has had no reader either.
      const empty = new Channel({ ids });
      const first = await reader(empty).first();
      const restored = Channel.restore(empty.snapshot(), { ids });
      const read = reader(restored, {}, ask({}, `?lastEventId=${first}`));
      same(await read.until(0), []);
      const id = await restored.publish('x');
      same(await read.until(1), [id]);
      yes(!read.text.includes('gap'), 'no gap');
      await read.cancel();
      yes((await Channel.restore(new Channel({ ids }).snapshot(), { ids }).publish('x')).includes('-1'), 'an id');
    }
    const broken = [
      undefined,
      null,
      {},
      { version: 2, before: '1-0', events: [] },
      { version: 1, before: 'x', events: [] },
    ];
    for (const snapshot of [...broken, { version: 1, before: '1-0' }]) {
      let found;
      try {
        Channel.restore(snapshot);
      } catch (error) {
        found = `${error.name}: ${error.message}`;
      }
      same(found, 'TypeError: expected a snapshot of a channel, found something else');
    }
    let cut;
    try {
      Channel.restore({ version: 1, before: '1-0', events: [{ frame: 'id: 1-1\ndata: a\n', at: 0 }] });
    } catch (error) {
      cut = error.message;
    }
    same(cut, `expected whole frames, found ${JSON.stringify('id: 1-1\ndata: a\n')}`);
  },
};
