// The two faces of the client, as tests ask them: how it ended, and with which events before.

import assert from 'node:assert/strict';

import { connect, EventSource, EventSourceError } from 'eventsource-wasm';

export const MESSAGE = /^expected .+, found .+/s;
/** A retry policy that loses no time. */
export const AT_ONCE = { delay: 0 };

/** The error is of the one class, with this code, a message of the one form, and these details. */
export function assertError(error, code, details = {}) {
  assert.ok(error instanceof EventSourceError, String(error?.stack ?? error));
  assert.ok(error instanceof Error);
  assert.equal(error.name, 'EventSourceError');
  assert.equal(error.code, code, error.message);
  assert.match(error.message, MESSAGE);
  for (const [name, value] of Object.entries(details)) assert.deepEqual(error[name], value, name);
}

/** What `connect` ends with: the error that it rejects with or its iteration throws, and the events before it. */
export async function viaConnect(url, init) {
  const seen = [];
  try {
    for await (const { data } of await connect(url, init)) seen.push(data);
    return { seen, error: null };
  } catch (error) {
    return { seen, error };
  }
}

/** The same for `EventSource`: its last error event, after which it is closed. */
export function viaEventSource(url, init) {
  const seen = [];
  return new Promise((done) => {
    const source = new EventSource(url, init);
    source.onmessage = ({ data }) => seen.push(data);
    source.onerror = ({ error }) => {
      if (error.willRetry) return;
      assert.equal(source.readyState, EventSource.CLOSED);
      done({ seen, error });
    };
  });
}

export const FACES = { connect: viaConnect, EventSource: viaEventSource };
