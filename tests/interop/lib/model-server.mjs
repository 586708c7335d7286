// Answers of a language model, as a handler: the name of the model says what becomes of them.

import assert from 'node:assert/strict';

import { eventStream } from 'eventsource-wasm/server';

import { thenFail } from './cut.mjs';

/** How many events come before what happens in the middle. */
const BEGIN = 6;

/**
 * `eventsOf(pathname)` are those of a whole answer, `error` tells a client of an error. The model `'ends'` sends all; `'fails'` has
 * the error in the middle, with the rest behind it; `'breaks'` breaks off there; `'stays'` says nothing more and leaves the leaving
 * to the client, after which `state.closed` is the reason for which the stream has ended.
 */
export function modelServer(eventsOf, error) {
  const state = { closed: undefined };
  const handler = async (request) => {
    const { model, stream } = await request.json();
    assert.equal(stream, true);
    const events = eventsOf(new URL(request.url).pathname);
    const begin = events.slice(0, BEGIN);
    if (model === 'ends') return eventStream(request, events);
    if (model === 'fails') return eventStream(request, [...begin, error, ...events.slice(BEGIN)]);
    if (model === 'breaks') return eventStream(request, thenFail(begin), { onError: () => undefined });
    return eventStream(request, async (opened) => {
      void opened.closed.then(({ code }) => (state.closed = code));
      for (const event of begin) await opened.send(event);
      await opened.closed;
    });
  };
  return { handler, state, begin: (pathname) => eventsOf(pathname).slice(0, BEGIN) };
}
