// What eventStream promises, for any runtime: `checks` maps a name to a function of the package's server entry.

import { channelChecks } from './channel-checks.mjs';
import { channelEndChecks } from './channel-ends.mjs';
import { channelRaceChecks } from './channel-races.mjs';
import { channelFollowedChecks } from './channel-followed.mjs';
import { channelStoreChecks } from './channel-stores.mjs';
import { rejection, same, settle, until, yes } from './check.mjs';
import { closeChecks } from './server-close.mjs';
import { mistakeChecks } from './server-mistakes.mjs';
import { overflowChecks } from './server-overflow.mjs';
import { producerChecks } from './server-producers.mjs';
import { relayChecks } from './server-relay.mjs';
import { ask, chunksOf, endless, START, text } from './server-tools.mjs';

const streamChecks = {
  'headers are exactly those of an event stream, and the handler’s own': ({ eventStream }) => {
    const hop = { connection: 'keep-alive', 'keep-alive': '5', 'transfer-encoding': 'chunked' };
    const own = { 'X-Own': '1', 'content-type': 'text/html', 'cache-control': 'public', 'x-accel-buffering': 'yes' };
    const coded = { 'content-encoding': 'gzip', 'content-length': '5' };
    const response = eventStream(ask(), [], { headers: { ...hop, ...own, ...coded } });
    same([...response.headers].sort(), [
      ['cache-control', 'no-cache, no-transform'],
      ['content-type', 'text/event-stream'],
      ['x-accel-buffering', 'no'],
      ['x-own', '1'],
    ]);
    same(response.status, 200);
    same(eventStream(ask(), [], { status: 503 }).status, 503);
  },

  'cors: pages that may read are told so, and a preflight goes to no producer': async ({ eventStream, Channel }) => {
    const origin = { origin: 'https://page.example' };
    const preflight = { method: 'OPTIONS', headers: { ...origin, 'access-control-request-method': 'POST' } };
    const channel = new Channel({ cors: { origin: ['https://page.example'] } });
    const answers = [
      (request) => eventStream(request, (stream) => stream.close(), { cors: true, headers: { vary: 'Accept' } }),
      (request) => channel.subscribe(request),
    ];
    for (const [at, answer] of answers.entries()) {
      const allowed = answer(ask({ headers: origin }));
      same(allowed.headers.get('access-control-allow-origin'), at ? origin.origin : '*');
      same(allowed.headers.get('vary'), at ? 'Origin' : 'Accept');
      same(allowed.headers.get('content-type'), 'text/event-stream');
      await allowed.body.cancel();
      const asked = answer(ask(preflight));
      same([asked.status, asked.body], [204, null]);
      same(asked.headers.get('access-control-allow-headers'), 'Last-Event-ID, Content-Type, Authorization');
      same(asked.headers.get('access-control-allow-methods'), 'GET, POST');
    }
    same(channel.size, 0);
    const other = channel.subscribe(ask({ headers: { origin: 'https://other.example' } }));
    same([other.headers.get('access-control-allow-origin'), other.headers.get('vary')], [null, 'Origin']);
    await other.body.cancel();
    channel.close();
    const through = channel.subscribe(ask({ headers: origin }));
    same([through.status, through.headers.get('access-control-allow-origin')], [204, origin.origin]);
  },

  'the first bytes leave before any event': async ({ eventStream }) => {
    const chunks = chunksOf(eventStream(ask(), endless));
    same(await chunks.next(), START);
    await chunks.cancel();
    const told = chunksOf(eventStream(ask(), endless, { retry: 2500 }));
    same(await told.next(), 'retry: 2500\n\n');
    await told.cancel();
  },

  'frames of one turn leave as one chunk, at its end': async ({ eventStream }) => {
    let stream;
    const chunks = chunksOf(eventStream(ask(), (made) => void (stream = made)));
    same(await chunks.next(), START);
    const next = chunks.next();
    await settle(5);
    for (const n of [1, 2, 3]) void stream.send({ id: n, data: `${n}` });
    void stream.comment('c');
    yes(stream.bufferedBytes > 0, 'the frames to wait for the end of the turn');
    same(await next, 'id: 1\ndata: 1\n\nid: 2\ndata: 2\n\nid: 3\ndata: 3\n\n: c\n\n');
    same(stream.bufferedBytes, 0);
    stream.close();
    same(await chunks.next(), undefined);
  },

  'flush lets what was sent leave within the turn': async ({ eventStream }) => {
    let stream;
    const chunks = chunksOf(eventStream(ask(), (made) => void (stream = made)));
    await chunks.next();
    const next = chunks.next();
    await settle(5);
    void stream.send('a');
    stream.flush();
    void stream.send('b');
    same(await next, 'data: a\n\n');
    same(await chunks.next(), 'data: b\n\n');
    stream.flush();
    await chunks.cancel();
  },

  'what waits while nobody reads leaves as one chunk': async ({ eventStream }) => {
    const chunks = chunksOf(
      eventStream(ask(), async (stream) => {
        for (const n of [1, 2, 3]) await stream.send(`${n}`);
      }),
    );
    await settle(5);
    same(await chunks.next(), `${START}data: 1\n\ndata: 2\n\ndata: 3\n\n`);
    same(await chunks.next(), undefined);
  },

  'a send waits while the buffer is full, and memory stays bounded': async ({ eventStream }) => {
    const [maxBuffer, frame, count] = [1000, 'data: '.length + 100 + 2, 300];
    let [sent, most] = [0, 0];
    const response = eventStream(
      ask(),
      async (stream) => {
        for (; sent < count; sent++) {
          const waiting = stream.send(`${sent}`.padEnd(100, '.'));
          most = Math.max(most, stream.bufferedBytes);
          await waiting;
        }
      },
      { maxBuffer, heartbeat: 5 },
    );
    await settle(50);
    yes(sent > 0 && sent <= maxBuffer / frame + 1, `the producer to wait, sent ${sent}`);
    yes(most < maxBuffer + frame + START.length, `a bounded buffer, found ${most}`);
    const stalled = sent;
    await settle(50);
    same(sent, stalled, 'frames sent to a reader that does not read');

    const read = (await text(response)).replace(/^: \n\n/, '').split('\n\n');
    same(read.pop(), '');
    same(
      read.map((line) => parseInt(line.slice('data: '.length), 10)),
      Array.from({ length: count }, (_, n) => n),
    );
    yes(most < maxBuffer + frame + START.length, `a bounded buffer, found ${most}`);
  },

  'a comment is sent after idle time, and one that a reader does not take is not followed by more': async ({
    eventStream,
  }) => {
    let stream;
    const chunks = chunksOf(eventStream(ask(), (made) => void (stream = made), { heartbeat: 10 }));
    await settle(60);
    same(stream.bufferedBytes, START.length, 'bytes that wait for a reader that stalls');
    for (let beats = 0; beats < 4; beats++) same(await chunks.next(), START);
    await settle(60);
    same(stream.bufferedBytes, 0, 'bytes that wait for a reader that has stopped reading');
    void stream.send('x');
    same((await chunks.next()).replace(START, ''), 'data: x\n\n');
    await chunks.cancel();
  },

  'heartbeats stand between frames only': async ({ eventStream }) => {
    const large = 'x'.repeat(5000);
    const response = eventStream(
      ask(),
      async (stream) => {
        for (let n = 0; n < 20; n++) {
          await stream.send({ id: n, data: large });
          await settle(n % 4);
        }
      },
      { heartbeat: 1, maxBuffer: 100 },
    );
    const frames = (await text(response)).split('\n\n');
    same(frames.pop(), '');
    const rest = frames.filter((frame) => frame !== ': ');
    same(rest.length, 20);
    rest.forEach((frame, n) => same(frame, `id: ${n}\ndata: ${large}`));
  },

  'no heartbeat where there is to be none': async ({ eventStream }) => {
    const chunks = chunksOf(eventStream(ask(), endless, { heartbeat: false }));
    await chunks.next();
    let more;
    void chunks.next().then((chunk) => (more = chunk ?? 'end'));
    await settle(60);
    same(more, undefined);
    await chunks.cancel();
  },

  'lastEventId: the header as UTF-8, else the query, else empty': async ({ eventStream, lastEventId }) => {
    const bytes = (value) => String.fromCharCode(...new TextEncoder().encode(value));
    const cases = [
      ['', '', {}],
      ['a b', '?lastEventId=a%20b', {}],
      ['漢🚀', `?lastEventId=${encodeURIComponent('漢🚀')}`, {}],
      ['7', '', { 'last-event-id': '7' }],
      ['h', '?lastEventId=q', { 'last-event-id': 'h' }],
      ['é漢🚀', '', { 'last-event-id': bytes('é漢🚀') }],
      ['\xff\xfe', '', { 'last-event-id': '\xff\xfe' }],
    ];
    for (const [expected, query, headers] of cases) {
      const request = ask({ headers }, query);
      same(lastEventId(request), expected);
      let found;
      await text(eventStream(request, async (stream) => void (found = stream.lastEventId)));
      same(found, expected);
    }
  },

  'an event that is refused changes nothing': async ({ eventStream }) => {
    const response = eventStream(ask(), async (stream) => {
      await stream.send('a');
      const before = stream.bufferedBytes;
      same((await rejection(stream.send({ id: 'a\n', data: 'x' }))).code, 'invalid-id');
      same(stream.bufferedBytes, before);
      await stream.send('b');
    });
    same(await text(response), `${START}data: a\n\ndata: b\n\n`);
  },

  'many streams at a time, each with its own frames': async ({ eventStream }) => {
    let open = 0;
    const read = async (name) => {
      const response = eventStream(ask(), async (stream) => {
        open++;
        await until(() => open === 30);
        for (let n = 0; n < 20; n++) {
          await stream.send(`${name} ${n}`);
          if (n % 5 === 0) await settle(1);
        }
      });
      const expected = Array.from({ length: 20 }, (_, n) => `data: ${name} ${n}\n\n`).join('');
      same(await text(response), START + expected);
    };
    await Promise.all(Array.from({ length: 30 }, (_, name) => read(name)));
  },
};

export const checks = {
  ...streamChecks,
  ...closeChecks,
  ...producerChecks,
  ...overflowChecks,
  ...relayChecks,
  ...mistakeChecks,
  ...channelChecks,
  ...channelEndChecks,
  ...channelRaceChecks,
  ...channelStoreChecks,
  ...channelFollowedChecks,
};
