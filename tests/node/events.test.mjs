// The iterator and the transform stream of the parser face, in Node.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { events, EventSourceParserStream, ServerSentEvent } from 'eventsource-wasm/parser';

import { settle } from '../e2e/check.mjs';

const bytes = (text) => new TextEncoder().encode(text);

async function* chunked(...chunks) {
  for (const chunk of chunks) yield typeof chunk === 'string' ? bytes(chunk) : chunk;
}

async function dataOf(source) {
  const found = [];
  for await (const { data } of source) found.push(data);
  return found;
}

describe('events', () => {
  test('over a Response, a ReadableStream, an async iterable, and a Response without a body', async () => {
    const text = 'data: 1\n\ndata: 2\n\ndata: unfinished';
    assert.deepEqual(await dataOf(events(new Response(text))), ['1', '2']);
    assert.deepEqual(await dataOf(events(new Blob([text]).stream())), ['1', '2']);
    assert.deepEqual(await dataOf(events(chunked('dat', 'a: 1\n', '\ndata: 2\n\n', ''))), ['1', '2']);
    assert.deepEqual(await dataOf(events(new Response(null, { status: 204 }))), []);
    assert.deepEqual(await dataOf(events(new Response(text), { flush: true })), ['1', '2', 'unfinished']);
    for (const source of [{}, { next: 1 }]) assert.throws(() => events(source), TypeError);
  });

  test('a sentinel ends it, and cancels the source', async () => {
    let cancelled;
    const source = new ReadableStream({
      start: (controller) => controller.enqueue(bytes('data: 1\n\ndata: [DONE]\n\ndata: 2\n\n')),
      cancel: () => void (cancelled = true),
    });
    assert.deepEqual(await dataOf(events(source, { sentinel: '[DONE]' })), ['1']);
    assert.equal(cancelled, true);
  });

  test('reads no further than it is asked to', async () => {
    let pulled = 0;
    const source = new ReadableStream(
      { pull: (controller) => controller.enqueue(bytes(`data: ${pulled++}\n\n`)) },
      { highWaterMark: 0 },
    );
    const iterator = events(source);
    for (const n of [0, 1, 2]) {
      assert.equal((await iterator.next()).value.data, `${n}`);
      await settle(2);
      assert.equal(pulled, n + 1);
    }
    await iterator.return();
  });

  test('break cancels the source', async () => {
    let reason = 'not cancelled';
    const pull = (controller) => controller.enqueue(bytes('data: 1\n\ndata: 2\n\n'));
    const source = new ReadableStream({ pull, cancel: (given) => void (reason = given) });
    for await (const { data } of events(source)) {
      assert.equal(data, '1');
      break;
    }
    assert.equal(reason, undefined);

    let returned = 0;
    const generator = (async function* () {
      try {
        for (;;) yield bytes('data: 1\n\n');
      } finally {
        returned++;
      }
    })();
    await assert.rejects(async () => {
      for await (const event of events(generator)) throw new Error(event.data);
    }, /^Error: 1$/);
    assert.equal(returned, 1);
  });

  test('return while a next waits ends both', async () => {
    let cancelled = false;
    const iterator = events(new ReadableStream({ cancel: () => void (cancelled = true) }));
    const waiting = iterator.next();
    await settle(2);
    assert.deepEqual(await iterator.return(), { done: true, value: undefined });
    assert.deepEqual(await waiting, { done: true, value: undefined });
    assert.equal(cancelled, true);
    assert.equal((await iterator.next()).done, true);
  });

  test('an error of the source comes behind the events before it', async () => {
    const failure = new Error('cut');
    const source = (async function* () {
      yield bytes('data: 1\n\ndata: 2\n\n');
      throw failure;
    })();
    const seen = [];
    await assert.rejects(
      async () => {
        for await (const { data } of events(source)) seen.push(data);
      },
      (error) => error === failure,
    );
    assert.deepEqual(seen, ['1', '2']);
  });

  test('an event over the limit comes behind the events before it, and cancels the source', async () => {
    let cancelled = false;
    const source = new ReadableStream({
      start: (controller) => controller.enqueue(bytes(`data: 1\n\ndata: ${'x'.repeat(99)}\n\ndata: 2\n\n`)),
      cancel: () => void (cancelled = true),
    });
    const iterator = events(source, { maxEventSize: 50 });
    assert.equal((await iterator.next()).value.data, '1');
    await assert.rejects(iterator.next(), { code: 'event-too-large', message: /^expected .+, found .+/ });
    assert.equal((await iterator.next()).done, true);
    assert.equal(cancelled, true);
  });

  test('a signal stops a wait, and cancels the source', async () => {
    const controller = new AbortController();
    let cancelled;
    const source = new ReadableStream({
      start: (stream) => stream.enqueue(bytes('data: 1\n\n')),
      cancel: (reason) => void (cancelled = reason),
    });
    const iterator = events(source, { signal: controller.signal });
    assert.equal((await iterator.next()).value.data, '1');
    const waiting = iterator.next();
    await settle(2);
    controller.abort('enough');
    await assert.rejects(waiting, { code: 'aborted', cause: 'enough', message: /^expected .+, found .+/ });
    assert.equal(cancelled, 'enough');
    assert.equal((await iterator.next()).done, true);
  });
});

describe('EventSourceParserStream', () => {
  test('bytes in, events out', async () => {
    const source = ReadableStream.from(chunked('data: 1\nid: a\n\ndat', 'a: 2\n\ndata: unfinished'));
    const found = [];
    for await (const event of source.pipeThrough(new EventSourceParserStream())) found.push(event);
    assert.deepEqual(
      found.map((event) => ({ ...event })),
      [
        { type: 'message', data: '1', lastEventId: 'a' },
        { type: 'message', data: '2', lastEventId: 'a' },
      ],
    );
    assert.ok(found[0] instanceof ServerSentEvent);
    const flushed = new Response('data: 1').body.pipeThrough(new EventSourceParserStream({ flush: true }));
    assert.deepEqual(await dataOf(flushed), ['1']);
  });

  test('an event over the limit errors the stream', async () => {
    const stream = new Response(`data: ${'x'.repeat(99)}\n\n`).body.pipeThrough(
      new EventSourceParserStream({ maxEventSize: 50 }),
    );
    await assert.rejects(dataOf(stream), { code: 'event-too-large' });
  });
});
