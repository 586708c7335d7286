// createParser in Node: its callbacks, and what may happen within them; and the parser beside the client.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

// In this order on purpose: two artifacts could be loaded here, and their objects must not meet.
import * as alone from 'eventsource-wasm/parser';
import * as whole from 'eventsource-wasm';

const { createParser, EventSourceError, ServerSentEvent } = alone;
const bytes = (text) => new TextEncoder().encode(text);

/** A parser that notes everything in order. */
function recorder(options = {}) {
  const seen = [];
  const parser = createParser({
    onEvent: (event) => seen.push(event.data),
    onComment: (text) => seen.push(`: ${text}`),
    onRetry: (milliseconds) => seen.push(milliseconds),
    ...options,
  });
  return { parser, seen };
}

async function* chunked(...chunks) {
  for (const chunk of chunks) yield typeof chunk === 'string' ? bytes(chunk) : chunk;
}

describe('createParser', () => {
  test('events, comments and reconnection times in their order', () => {
    const found = [];
    const { parser, seen } = recorder({ onEvent: (event) => (found.push(event), seen.push(event.data)) });
    parser.feed(bytes(':one\nretry: 10\nevent: a\nid: 7\ndata: x\n: two\n\ndata\n\nretry: 1x\n'));
    assert.deepEqual(seen, [': one', 10, ': two', 'x', '']);
    assert.ok(found.every((event) => event instanceof ServerSentEvent));
    assert.deepEqual(
      found.map((event) => ({ ...event })),
      [
        { type: 'a', data: 'x', lastEventId: '7' },
        { type: 'message', data: '', lastEventId: '7' },
      ],
    );
    assert.equal(parser.lastEventId, '7');
  });

  test('only onEvent is needed', () => {
    const seen = [];
    const parser = createParser({ onEvent: ({ data }) => seen.push(data) });
    parser.feed(': comment\nretry: 5\ndata: 1\n\n');
    assert.deepEqual(seen, ['1']);
    for (const options of [undefined, {}, { onEvent: 1 }]) {
      assert.throws(() => createParser(options), { name: 'TypeError', message: /^expected .+, found .+/ });
    }
    for (const chunk of [undefined, 1, [1], new ArrayBuffer(1)]) {
      assert.throws(() => parser.feed(chunk), { name: 'TypeError', message: /^expected .+, found .+/ });
    }
  });

  test('a feed within a callback keeps the order', () => {
    const { parser, seen } = recorder({
      onEvent: ({ data }) => {
        seen.push(data);
        if (data === '1') parser.feed('data: 4\n\n');
        if (data === '4') parser.feed(bytes('data: 5\n\n'));
      },
    });
    parser.feed('data: 1\n\ndata: 2\n\ndata: 3\n\n');
    assert.deepEqual(seen, ['1', '2', '3', '4', '5']);
  });

  test('a parser that is fed within the callback of another', () => {
    const inner = recorder();
    const outer = recorder({
      onEvent: ({ data, type }) => {
        inner.parser.feed(`event: ${type}\ndata: ${data} inner 漢\n\n`);
        outer.seen.push(`${type} ${data}`);
      },
    });
    outer.parser.feed(bytes('event: x\ndata: 1é\n\nevent: y\ndata: 2\n\ndata: 3\n\n'));
    assert.deepEqual(outer.seen, ['x 1é', 'y 2', 'message 3']);
    assert.deepEqual(inner.seen, ['1é inner 漢', '2 inner 漢', '3 inner 漢']);
  });

  test('a reset within a callback drops the rest of the chunk, and what was fed since', () => {
    const { parser, seen } = recorder({
      onEvent: ({ data }) => {
        seen.push(data);
        if (data !== '2') return;
        parser.feed('data: dropped\n\n');
        parser.reset();
        parser.feed('data: new\n\n');
      },
    });
    parser.feed('id: 9\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: unfinished');
    assert.deepEqual(seen, ['1', '2', 'new']);
    assert.equal(parser.lastEventId, '');
  });

  test('a reset also drops the rest of a chunk that is read in pieces', () => {
    const { parser, seen } = recorder({
      onEvent: ({ data }) => {
        seen.push(data);
        if (data === '3') parser.reset();
      },
    });
    parser.feed(bytes(Array.from({ length: 40_000 }, (_, n) => `data: ${n}\n\n`).join('')));
    assert.deepEqual(seen, ['0', '1', '2', '3']);
    parser.feed('data: next\n\n');
    assert.deepEqual(seen.slice(4), ['next']);
  });

  test('what a callback throws is thrown when the chunk is read, the first one', () => {
    const { parser, seen } = recorder({
      onEvent: ({ data }) => {
        seen.push(data);
        if (data !== '2') throw new Error(`at ${data}`);
      },
    });
    assert.throws(() => parser.feed('data: 1\n\ndata: 2\n\ndata: 3\n\nda'), { message: 'at 1' });
    assert.deepEqual(seen, ['1', '2', '3']);
    assert.throws(() => parser.feed('ta: 4\n\n'), { message: 'at 4' });
  });

  test('text is cut anywhere, also within a surrogate pair', () => {
    const text = 'id: 🚀\nevent: é漢\ndata: a🧪b\n\n';
    for (let at = 0; at <= text.length; at++) {
      const found = [];
      const parser = createParser({ onEvent: (event) => found.push({ ...event }) });
      parser.feed(text.slice(0, at));
      parser.feed('');
      parser.feed(text.slice(at));
      assert.deepEqual(found, [{ type: 'é漢', data: 'a🧪b', lastEventId: '🚀' }], `cut at ${at}`);
    }
    const { parser, seen } = recorder();
    parser.feed('data: \ud83d');
    parser.feed('x\n\ndata: \ude80\n\n');
    assert.deepEqual(seen, ['\ufffdx', '\ufffd']);
  });

  test('bytes are cut anywhere', () => {
    const all = bytes('\ufeffdata: 漢🚀\r\nid: é\r\n\r\ndata: 2\r\r');
    for (let first = 0; first <= all.length; first++) {
      for (let second = first; second <= all.length; second++) {
        const { parser, seen } = recorder();
        for (const chunk of [all.subarray(0, first), all.subarray(first, second), all.subarray(second)])
          parser.feed(chunk);
        assert.deepEqual(seen, ['漢🚀', '2'], `cut at ${first} and ${second}`);
        assert.equal(parser.lastEventId, 'é');
      }
    }
  });

  test('the end drops what is unfinished, or reads it with flush', () => {
    const { parser, seen } = recorder();
    parser.feed('data: dropped');
    parser.end();
    parser.feed('data: a');
    parser.end({ flush: true });
    parser.feed('data: b\r');
    parser.end({ flush: true });
    parser.feed('data: \ud83d');
    parser.end({ flush: true });
    parser.end({ flush: true });
    assert.deepEqual(seen, ['a', 'b', '\ufffd']);
  });

  test('an event over the limit goes to onError, and the stream goes on', () => {
    const { parser, seen } = recorder({ maxEventSize: 20, onError: (error) => seen.push(error) });
    parser.feed(`data: 1\n\ndata: ${'x'.repeat(30)}\ndata: more\n\ndata: 2\n\n`);
    assert.equal(seen[1].code, 'event-too-large');
    assert.ok(seen[1] instanceof EventSourceError);
    assert.deepEqual([seen[0], ...seen.slice(2)], ['1', '2']);
  });

  test('lastEventId to begin with', () => {
    const found = [];
    const parser = createParser({ onEvent: (event) => found.push(event.lastEventId), lastEventId: 'é0' });
    parser.feed('data: 1\n\nid: 1\ndata: 2\n\nid\ndata: 3\n\n');
    assert.deepEqual(found, ['é0', '1', '']);
  });

  test('json and bytes of an event', () => {
    const found = [];
    const parser = createParser({ onEvent: (event) => found.push(event) });
    parser.feed('data: {"a":\ndata: [1]}\n\ndata: AP+A\n\ndata: {\n\n');
    assert.deepEqual(found[0].json(), { a: [1] });
    assert.deepEqual(found[1].bytes(), Uint8Array.of(0, 255, 128));
    assert.throws(() => found[2].json(), SyntaxError);
  });
});

describe('both entries in one program', () => {
  test('are one set of classes and functions', () => {
    for (const [name, value] of Object.entries(alone)) assert.equal(whole[name], value, name);
  });

  test('parse side by side, interleaved', async () => {
    const fetch = async () =>
      new Response(ReadableStream.from(chunked('data: a\n\nevent: of connect\nda', 'ta: b\n\n')), {
        headers: { 'content-type': 'text/event-stream' },
      });
    const first = recorder();
    first.parser.feed('event: of parser\ndata: hal');
    const stream = await whole.connect('http://localhost/', { fetch, resume: 'never' });
    const found = [];
    for await (const event of stream) {
      found.push(`${event.type} ${event.data}`);
      first.parser.feed(event.data);
      whole.createParser({ onEvent: (inner) => found.push(inner.data) }).feed('data: inner\n\n');
    }
    first.parser.feed('\n\n');
    assert.deepEqual(found, ['message a', 'inner', 'of connect b', 'inner']);
    assert.deepEqual(first.seen, ['halab']);
  });
});
