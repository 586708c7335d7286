// Schemas, sentinels and base64 in Node, over sockets: both iterators behave alike.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, events, EventSourceError, ServerSentEvent } from 'eventsource-wasm';
import * as v from 'valibot';

import { EVENT_STREAM, readAll, settle, until, withServer } from '../e2e/node-server.mjs';

const FACES = {
  events: async (url, options) => events(await fetch(url), options),
  connect: (url, options) => connect(url, options),
};
const price = v.pipe(
  v.object({ at: v.pipe(v.string(), v.isoDate()), price: v.number() }),
  v.transform(({ at, price }) => ({ at: new Date(at), price })),
);
const good = (number) => `{"at":"2026-01-0${number}","price":${number}}`;
const frame = (data, type) => `${type ? `event: ${type}\n` : ''}data: ${data}\n\n`;

/** A server that sends a text and leaves the stream open. */
const sending =
  (...pieces) =>
  (_, response) => {
    response.writeHead(200, EVENT_STREAM);
    for (const piece of pieces) response.write(piece);
  };

/** What a loop gives, and what ends it. */
async function take(stream) {
  const found = [];
  try {
    for await (const event of await stream) found.push(event);
    return { found };
  } catch (error) {
    return { found, error };
  }
}

const pairs = (found) => found.map(({ type, value }) => [type, value]);

for (const [name, open] of Object.entries(FACES)) {
  describe(`${name} with a schema`, () => {
    test('one for all types: the value is what the schema makes of the data', () =>
      withServer(sending(frame(good(1)), frame(good(2), 'edit'), frame('[DONE]')), async (server) => {
        const { found, error } = await take(open(server.url, { schema: price, sentinel: '[DONE]' }));
        assert.equal(error, undefined);
        assert.deepEqual(pairs(found), [
          ['message', { at: new Date('2026-01-01'), price: 1 }],
          ['edit', { at: new Date('2026-01-02'), price: 2 }],
        ]);
        assert.ok(found[0] instanceof ServerSentEvent);
        assert.equal(found[0].data, good(1));
        await until(() => server.open.size === 0);
      }));

    test('by type: a type without one passes, whatever its name and its data', () => {
      const text = frame('5', 'n') + frame('not JSON', 'toString') + frame('"x"') + frame('6', 'n') + frame('end');
      return withServer(sending(text), async (server) => {
        const schema = { n: v.number(), message: v.string() };
        const { found } = await take(open(server.url, { schema, sentinel: 'end' }));
        assert.deepEqual(pairs(found), [
          ['n', 5],
          ['toString', undefined],
          ['message', 'x'],
          ['n', 6],
        ]);
        assert.ok(found.every((event) => 'value' in event));
      });
    });

    test('what does not fit ends it behind the events before it, and closes the connection', () =>
      withServer(
        sending(frame(good(1)) + frame('{"at":"2026-01-02","price":"2"}') + frame(good(3))),
        async (server) => {
          const { found, error } = await take(open(server.url, { schema: price }));
          assert.deepEqual(
            found.map(({ value }) => value.price),
            [1],
          );
          assert.ok(error instanceof EventSourceError);
          assert.equal(error.code, 'invalid-data');
          assert.equal(
            error.message,
            'expected the data of an event "message" to be what its schema allows, found at price: ' +
              'Invalid type: Expected number but received "2"',
          );
          assert.equal(error.cause.length, 1);
          assert.equal(error.cause[0].path[0].key, 'price');
          await until(() => server.open.size === 0);
          await settle();
          assert.equal(server.requests.length, 1);
        },
      ));

    test('it is closed before the events in front of the bad one are taken', () =>
      withServer(sending(frame('1') + frame('2') + frame('"3"')), async (server) => {
        const iterator = (await open(server.url, { schema: v.number() }))[Symbol.asyncIterator]();
        assert.equal((await iterator.next()).value.value, 1);
        await until(() => server.open.size === 0);
        assert.equal((await iterator.next()).value.value, 2);
        await assert.rejects(iterator.next(), { code: 'invalid-data' });
        assert.deepEqual(await iterator.next(), { done: true, value: undefined });
      }));

    test('what is not JSON', () =>
      withServer(sending(frame('{"at":')), async (server) => {
        const { found, error } = await take(open(server.url, { schema: v.any() }));
        assert.deepEqual(found, []);
        assert.equal(error.code, 'invalid-data');
        assert.equal(error.message, 'expected the data of an event "message" to be JSON, found "{\\"at\\":"');
        assert.ok(error.cause instanceof SyntaxError);
        await until(() => server.open.size === 0);
      }));

    test('one that takes its time, and holds up nothing that it has let through', () =>
      withServer(sending(frame('1') + frame('2') + frame('3') + frame('-1') + frame('4')), async (server) => {
        let release;
        const gate = new Promise((done) => (release = done));
        const schema = v.pipeAsync(
          v.number(),
          v.checkAsync(async (n) => {
            if (n === 3) await gate;
            return n > 0;
          }, 'not above 0'),
        );
        const iterator = (await open(server.url, { schema }))[Symbol.asyncIterator]();
        assert.equal((await iterator.next()).value.value, 1);
        assert.equal((await iterator.next()).value.value, 2);
        release();
        assert.equal((await iterator.next()).value.value, 3);
        await assert.rejects(iterator.next(), { code: 'invalid-data', message: /not above 0$/ });
        await until(() => server.open.size === 0);
      }));

    test('one that throws or rejects is what went wrong', () =>
      withServer(sending(frame('1')), async (server) => {
        const failure = new Error('broken');
        for (const validate of [() => Promise.reject(failure), () => assert.fail(failure)]) {
          const schema = { '~standard': { version: 1, vendor: 'test', validate } };
          const { error } = await take(open(server.url, { schema }));
          assert.equal(error.code, 'invalid-data');
          assert.equal(error.cause, failure);
        }
        await until(() => server.open.size === 0);
      }));

    test('break while a check is under way: quiet, and closed', () =>
      withServer(sending(frame('1')), async (server) => {
        let asked;
        let fail;
        const wanted = new Promise((done) => (asked = done));
        const validate = () => (asked(), new Promise((_, reject) => (fail = reject)));
        const schema = { '~standard': { version: 1, vendor: 'test', validate } };
        const iterator = (await open(server.url, { schema }))[Symbol.asyncIterator]();
        const waiting = iterator.next();
        await wanted;
        await iterator.return();
        fail(new Error('too late'));
        assert.deepEqual(await waiting, { done: true, value: undefined });
        await until(() => server.open.size === 0);
      }));

    test('what is no schema is refused before anything is sent', () =>
      withServer(sending(), async (server) => {
        const refused = async (schema, message) => {
          const opened = async () =>
            name === 'events' ? events(new Response(''), { schema }) : open(server.url, { schema });
          await assert.rejects(opened, { name: 'TypeError', message });
        };
        await refused('text', 'expected schema to be a Standard Schema or an object of them, found text');
        await refused(null, 'expected schema to be a Standard Schema or an object of them, found null');
        await refused({ a: v.any(), b: () => true }, 'expected schema.b to be a Standard Schema, found function');
        assert.equal(server.requests.length, 0);
      }));
  });

  describe(`${name} with a sentinel`, () => {
    test('gives what is before it, and closes the connection', () =>
      withServer(
        sending('id: 1\n' + frame('a') + 'id: 2\n' + frame('b'), 'id: 3\n' + frame('end') + frame('c')),
        async (server) => {
          const stream = await open(server.url, { sentinel: 'end' });
          assert.deepEqual(
            (await readAll(stream)).map(({ data }) => data),
            ['a', 'b'],
          );
          await until(() => server.open.size === 0);
          await settle();
          assert.equal(server.requests.length, 1);
          if (name === 'connect') assert.equal(stream.lastEventId, '2');
        },
      ));

    test('the empty text is one too', () =>
      withServer(sending(frame('a') + 'data\n\n' + frame('b')), async (server) => {
        const found = await readAll(await open(server.url, { sentinel: '' }));
        assert.deepEqual(
          found.map(({ data }) => data),
          ['a'],
        );
      }));
  });
}

describe('bytes', () => {
  const bytes = (data) => [...new ServerSentEvent('message', data, '').bytes()];

  test('base64 in its usual forms: lines, both alphabets, without padding, empty', () => {
    assert.deepEqual(bytes('AP+A'), [0, 255, 128]);
    assert.deepEqual(bytes('AP\n+A\n'), [0, 255, 128]);
    assert.deepEqual(bytes('AP-A'), [0, 255, 128]);
    assert.deepEqual(bytes('__-_'), bytes('//+/'));
    assert.deepEqual(bytes('aGk='), [104, 105]);
    assert.deepEqual(bytes('aGk'), [104, 105]);
    assert.deepEqual(bytes(''), []);
  });

  test('anything else is a typed error', () => {
    for (const data of ['a', 'a===', '{"a":1}', 'aGk=aGk=', 'é', 'AA.A']) {
      assert.throws(
        () => bytes(data),
        (error) => {
          assert.ok(error instanceof EventSourceError);
          assert.equal(error.code, 'invalid-data');
          assert.equal(error.message, `expected base64, found ${JSON.stringify(data)}`);
          assert.equal(error.cause.name, 'InvalidCharacterError');
          return true;
        },
        data,
      );
    }
  });
});
