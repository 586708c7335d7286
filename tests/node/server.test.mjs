// The writing side in Node: the checks that all runtimes share, and what only Node can show.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import * as api from 'eventsource-wasm/server';

import { settle } from '../e2e/check.mjs';
import { checks } from '../e2e/server-suite.mjs';
import { ask, text } from '../e2e/server-tools.mjs';

const { EventEncoderStream, encode, eventStream } = api;

// A check that fails leaves its stream open, whose heartbeat must not keep the process from ending.
const { setInterval } = globalThis;
globalThis.setInterval = (...args) => setInterval(...args).unref();

async function whileAlive(check) {
  const timer = setInterval(() => undefined, 1000);
  try {
    await check();
  } finally {
    clearInterval(timer);
  }
}

describe('eventStream in Node', () => {
  const rejections = [];
  const note = (reason) => rejections.push(reason);
  before(() => process.on('unhandledRejection', note));
  after(() => process.off('unhandledRejection', note));

  for (const [name, check] of Object.entries(checks)) {
    test(name, () => whileAlive(async () => assert.equal(await check(api), undefined)));
  }

  test('an event that was read has nothing of one that is made, and strings only', () => {
    const read = { type: 'a', data: 'b', lastEventId: '1' };
    assert.equal(new TextDecoder().decode(encode(read)), 'event: a\nid: 1\ndata: b\n\n');
    for (const [event, found] of [
      [{ ...read, event: 'x' }, 'one with lastEventId and event'],
      [{ lastEventId: '1', id: '2', data: 'b' }, 'one with lastEventId and id'],
      [{ ...read, type: 5 }, 'one with number, string and string'],
      [{ ...read, data: { a: 1 } }, 'one with string, object and string'],
    ]) {
      const message = `expected an event that was read to have type, data and lastEventId as strings, found ${found}`;
      assert.throws(() => encode(event), { name: 'TypeError', message });
    }
  });

  test('what does not fit into memory ends its own stream only', async () => {
    for (const event of ['\n'.repeat(2 ** 28), { id: 'x'.repeat(2 ** 27), data: '' }]) {
      assert.throws(() => encode(event), {
        code: 'event-too-large',
        message: /^expected an event of at most \d+ .+ found one with \d+$/,
      });
    }
    const streams = [];
    const responses = [1, 2].map(() => eventStream(ask(), (stream) => void streams.push(stream)));
    const large = 'x'.repeat(2 ** 26 - 10);
    // Nobody reads, and nobody waits.
    for (let n = 0; n < 40; n++) void streams[0].send(large);
    assert.equal((await streams[0].closed).code, 'slow-consumer');
    await assert.rejects(text(responses[0]), { name: 'BrokenOffError' });
    void streams[1].send('b');
    streams[1].close();
    assert.equal(await text(responses[1]), ': \n\ndata: b\n\n');
  });

  test('no rejection was left unhandled', async () => {
    await settle();
    assert.deepEqual(rejections, []);
  });

  test('without onError, what a producer threw goes to the console', async (t) => {
    const error = t.mock.method(console, 'error', () => undefined);
    const thrown = new Error('for the log only');
    const failing = async () => {
      throw thrown;
    };
    await assert.rejects(text(eventStream(ask(), failing)));
    assert.equal(error.mock.callCount(), 1);
    assert.ok(error.mock.calls[0].arguments.includes(thrown));
  });

  test('an endless iterable does not keep the events that it has given', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc');
    let alive = 0;
    const registry = new FinalizationRegistry(() => alive--);
    const given = 2000;
    const events = (async function* () {
      for (let n = 0; n < given; n++) {
        const event = { data: `${n}` };
        registry.register(event);
        alive++;
        yield event;
      }
      await new Promise(() => undefined);
    })();
    const reader = eventStream(ask(), events).body.getReader();
    let read = '';
    while (!read.includes(`data: ${given - 1}\n`)) read += Buffer.from((await reader.read()).value).toString();
    for (let rounds = 0; rounds < 20 && alive > 10; rounds++) {
      gc();
      await settle(5);
    }
    assert.ok(alive <= 10, `${alive} of ${given} events are still held`);
    await reader.cancel();
  });
});

describe('encode', () => {
  const decode = (bytes) => new TextDecoder().decode(bytes);

  test('all parts, in their order, and every kind of data', () => {
    const all = { data: 'a\r\nb\rc\nd', event: 'e', id: 7, retry: 1000, comment: 'x\ny' };
    assert.equal(decode(encode(all)), ': x\n: y\nevent: e\nid: 7\nretry: 1000\ndata: a\ndata: b\ndata: c\ndata: d\n\n');
    assert.equal(decode(encode('text')), 'data: text\n\n');
    assert.equal(decode(encode({ data: { a: [1, null] } })), 'data: {"a":[1,null]}\n\n');
    assert.equal(decode(encode({ data: null })), 'data: null\n\n');
    assert.equal(decode(encode({ data: Uint8Array.of(0, 255, 128) })), 'data: AP+A\n\n');
    assert.equal(decode(encode({ data: Uint8Array.of(0, 255, 128).buffer })), 'data: AP+A\n\n');
    assert.equal(decode(encode({ id: '' })), 'id: \n\n');
    assert.equal(
      decode(encode([{ comment: '' }, '', { retry: 2 ** 53 - 1 }])),
      `: \n\ndata: \n\nretry: ${2 ** 53 - 1}\n\n`,
    );
    assert.equal(decode(encode([])), '');
  });

  test('many events at once are the same bytes as one by one', () => {
    const events = Array.from({ length: 500 }, (_, n) => ({ id: `${n}`, data: `漢🚀${'y'.repeat(n)}` }));
    const single = Buffer.concat(events.map((event) => encode(event)));
    assert.ok(single.equals(Buffer.from(encode(events))));
  });

  test('EventEncoderStream', async () => {
    const stream = ReadableStream.from(['a', { event: 'b', data: 1 }]).pipeThrough(new EventEncoderStream());
    assert.equal(await new Response(stream).text(), 'data: a\n\nevent: b\ndata: 1\n\n');
  });
});

test('a reader that leaves while what was sent before the close still waits: the buffer is given back', async () => {
  let stream;
  const response = eventStream(new Request('http://localhost/'), (given) => void (stream = given));
  void stream.send('x'.repeat(1000));
  stream.close();
  assert.ok(stream.bufferedBytes > 1000);
  await response.body.cancel();
  assert.equal(stream.bufferedBytes, 0);
  assert.equal((await stream.closed).code, 'closed');
});
