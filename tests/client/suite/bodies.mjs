// Bodies that hang, drip, are framed wrong, are coded, and what may stand in them.

import { forFaces, AT_ONCE, dataOf, read } from './faces.mjs';

const init = { retry: AT_ONCE };
const WHOLE = 'id: 1\ndata: a\n\n';
const HALF = 'id: 2\ndata: b';
const REST = 'id: 2\ndata: b\n\n';

/** A body that breaks off behind half an event, whose rest comes with the next attempt: nothing is lost or told twice. */
function broken(name, answer, codes) {
  return forFaces(name, async ({ api, server, assert, face }) => {
    const run = await server.script(answer, { body: [REST, { gate: 'never' }] });
    const found = await read({ api, face, url: run.url, init, until: ({ data }) => data === 'b' });
    assert.same(found.error, null, 'the error');
    const { ids, most } = await run.over();
    // What fetch has not handed over when a body breaks may be lost: then it is asked for again.
    assert.yes([undefined, '1'].includes(ids[1]), `the id of the event that came, found ${ids[1]}`);
    assert.same(dataOf(found), ids[1] ? ['a', 'b'] : ['b'], 'the data');
    assert.same([ids.length, most], [2, 1], 'requests, and connections at a time');
    found.errors.forEach(({ code }) => assert.yes(codes.includes(code), `one of ${codes}, found ${code}`));
  });
}

const waiting = [{ wait: 5 }];

const framing = {
  ...broken(
    'a chunk whose size is no number',
    { body: [WHOLE, HALF, ...waiting, { raw: 'zz\r\n' }, ...waiting], end: 'fin' },
    ['network'],
  ),
  ...broken(
    'a chunk that goes on where it should end',
    { body: [WHOLE, ...waiting, { raw: '5\r\nid: 2\ndata: b\n\n' }, ...waiting], end: 'fin' },
    ['network'],
  ),
  ...broken('a close within a chunk', { body: [WHOLE, ...waiting, { raw: `ff\r\n${HALF}` }], end: 'fin' }, ['network']),
  ...broken('a close between two chunks', { body: [WHOLE, HALF, ...waiting], end: 'fin' }, ['network']),
  ...broken(
    'a close before the Content-Length is reached',
    { framing: 1000, body: [WHOLE, HALF, ...waiting], end: 'fin' },
    ['network'],
  ),
  ...broken(
    'a Content-Length that ends within an event',
    { framing: WHOLE.length + 5, body: [WHOLE, HALF], end: 'fin' },
    ['stream-ended', 'network'],
  ),
};

const pace = {
  ...forFaces(
    'no headers for a while: nothing is sent again, and then it opens',
    async ({ api, server, assert, face }) => {
      const run = await server.script({ hold: 'headers', body: WHOLE });
      const reading = read({ api, face, url: run.url, init, until: () => true });
      await run.until(({ open }) => open === 1);
      await assert.settle(100);
      assert.same((await run.open('headers')).requests.length, 1, 'the number of requests');
      assert.same(dataOf(await reading), ['a']);
    },
  ),

  ...forFaces('a stream that hangs within an event: what was before is told', async ({ api, server, assert, face }) => {
    const run = await server.script({ body: [WHOLE, HALF, { gate: 'rest' }, '\n\n'], end: 'hang' });
    const seen = [];
    const reading = read({ api, face, url: run.url, init, until: ({ data }) => (seen.push(data), data === 'b') });
    await assert.until(() => seen.length > 0);
    await assert.settle(50);
    assert.same(seen, ['a'], 'what is told of half an event');
    await run.open('rest');
    assert.same(dataOf(await reading), ['a', 'b']);
    assert.same((await run.over()).requests.length, 1, 'the number of requests');
  }),

  ...forFaces('byte by byte, over characters and line ends', async ({ api, server, assert, face }) => {
    const drip =
      '\ufeffid: é漢🚀\r\ndata: é漢🚀\r\ndata: two\r\n\r\n: comment\r\rdata: \ndata\n\nevent: end\ndata: x\n\n';
    const run = await server.script({ body: [{ drip }], end: 'hang' });
    const types = ['message', 'end'];
    const { events } = await read({ api, face, url: run.url, init, types, until: ({ type }) => type === 'end' });
    const lastEventId = 'é漢🚀';
    assert.same(events, [
      { type: 'message', data: 'é漢🚀\ntwo', lastEventId },
      { type: 'message', data: '\n', lastEventId },
      { type: 'end', data: 'x', lastEventId },
    ]);
  }),
};

const content = {
  ...forFaces('a byte order mark, whole and split, is no part of the stream', async ({ api, server, assert, face }) => {
    for (const cut of [0, 1, 2, 3]) {
      const [start, rest] = ['\xef\xbb\xbf'.slice(0, cut), '\xef\xbb\xbf'.slice(cut)];
      const body = [{ bytes: start }, { wait: 5 }, { bytes: `${rest}data: a\n\n` }, '\ufeffdata: b\n\ndata: c\n\n'];
      const run = await server.script({ body: cut === 0 ? body.slice(2) : body });
      assert.same(dataOf(await read({ api, face, url: run.url, init, until: ({ data }) => data === 'c' })), ['a', 'c']);
    }
  }),

  ...Object.assign(
    {},
    ...['gzip', 'br'].map((encoding) =>
      forFaces(`a body in ${encoding}, event by event`, async ({ api, server, assert, face }) => {
        const headers = { 'content-encoding': encoding };
        const run = await server.script({ headers, encoding, body: [WHOLE, { gate: 'more' }, REST], end: 'hang' });
        const seen = [];
        const reading = read({ api, face, url: run.url, init, until: ({ data }) => (seen.push(data), data === 'b') });
        // Only what has been told of the first event lets the second one go.
        await assert.until(() => seen.length > 0);
        await run.open('more');
        assert.same(dataOf(await reading), ['a', 'b']);
        assert.same((await run.over()).requests.length, 1, 'the number of requests');
      }),
    ),
  ),

  ...forFaces('ids of any characters are sent back as UTF-8', async ({ api, server, assert, face }) => {
    const ids = ['1', 'a:b', 'é', '漢字', '🚀🧪', '\u{10ffff}', '-\ufffd-', 'ÿ'];
    const answers = ids.map((id) => ({ body: `id: ${id}\ndata: ${id}\n\n` }));
    const run = await server.script({ answers });
    const { events } = await read({ api, face, url: run.url, init });
    assert.same(
      events.map(({ lastEventId }) => lastEventId),
      ids,
      'ids told',
    );
    assert.same((await run.log()).ids, [undefined, ...ids], 'ids sent');
  }),

  ...forFaces('an id with NUL is none, and an empty one resets', async ({ api, server, assert, face }) => {
    const run = await server.script(
      { body: 'id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n' },
      { body: 'id\ndata: c\n\n' },
      { body: 'id: 3\ndata: d\n\nid: 4\n\nid: 5\ndata: unfinished' },
    );
    const { events } = await read({ api, face, url: run.url, init });
    assert.same(
      events.map(({ data, lastEventId }) => data + lastEventId),
      ['a1', 'b1', 'c', 'd3'],
    );
    assert.same((await run.log()).ids, [undefined, '1', undefined, '4']);
  }),

  ...forFaces('an id of 1 MB is told and sent back whole', async ({ api, server, assert, face }) => {
    const id = `${'i'.repeat(1_000_000)}é`;
    const run = await server.script({ body: `id: ${id}\ndata: a\n\n` });
    const { events } = await read({ api, face, url: run.url, init });
    assert.yes(events.length === 1 && events[0].lastEventId === id, 'the event with its id');
    const { requests, ids } = await run.log();
    assert.same(requests.length, 2, 'the number of requests');
    assert.yes(ids[1] === id, `the whole id in the header, found ${ids[1]?.length} characters`);
  }),
};

export const bodies = { ...framing, ...pace, ...content };
