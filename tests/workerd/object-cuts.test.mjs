// Many clients of one Durable Object whose connections break off again and again while events are published, and while the object and
// the whole runtime are ended in between: each ends with every event, in order, once.
//
// ROOM_CLIENTS, ROOM_CUTS (of each client) and ROOM_EVENTS say how many.

import assert from 'node:assert/strict';
import { get } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { random } from '../e2e/random.mjs';
import { startObjects } from './objects.mjs';
import { until } from './readers.mjs';

const [CLIENTS, CUTS, EVENTS] = [
  ['ROOM_CLIENTS', 100],
  ['ROOM_CUTS', 50],
  ['ROOM_EVENTS', 100_000],
].map(([name, usual]) => Number(process.env[name] ?? usual));
/** Times that the object is ended, and the runtime started anew. */
const ABORTS = 3;
const RESTARTS = 2;

test(`${CLIENTS} clients, each cut ${CUTS} times, and ${EVENTS} events`, async (t) => {
  const storage = await mkdtemp(join(tmpdir(), 'eventsource-wasm-objects-'));
  let server = await startObjects({ storage });
  t.after(async () => {
    await server.close();
    await rm(storage, { recursive: true, force: true });
  });
  const pick = random(1);
  const clients = Array.from({ length: CLIENTS }, () => new Client(() => server.url, cutsOf(pick)));
  await until(() => clients.every(({ lastEventId }) => lastEventId));

  for (let step = 1; step <= 100; step++) {
    const to = Math.floor((EVENTS * step) / 100);
    const counting = server.call('ROOM/cuts', 'count', to);
    if (step % Math.ceil(100 / (ABORTS + RESTARTS + 1)) === 0) {
      // In mid-flow: some of what is published is on its way to the disk.
      const ended = counting.catch(() => undefined);
      if (step % 2) {
        await server.call('ROOM/cuts', 'abort').catch(() => undefined);
      } else {
        await server.close();
        server = await startObjects({ storage });
      }
      await ended;
      await server.call('ROOM/cuts', 'count', to);
    } else {
      await counting;
    }
  }
  await until(() => clients.every(({ count }) => count === EVENTS));
  for (const client of clients) client.end();
  assert.deepEqual([...new Set(clients.map(({ wrong }) => wrong))], [undefined]);
  assert.ok(clients.every(({ cuts }) => cuts.length === 0));
  const connections = clients.reduce((sum, { connections }) => sum + connections, 0);
  assert.ok(connections > CLIENTS * CUTS, `${connections}`);
  t.diagnostic(`${connections} connections, ${CLIENTS * EVENTS} events read`);
});

/** After which events a client is cut, in order. */
function cutsOf(pick) {
  return Array.from({ length: CUTS }, () => Math.floor(pick() * EVENTS)).sort((a, b) => a - b);
}

/** Reads numbers that are to count from one on, and comes back with the id of the last one that it has had. */
class Client {
  count = 0;
  connections = 0;
  lastEventId;
  /** The first thing that was not as it should be. */
  wrong;
  #url;
  #request;
  #ended = false;

  constructor(url, cuts) {
    this.#url = url;
    this.cuts = cuts;
    this.#connect();
  }

  end() {
    this.#ended = true;
    this.#request.destroy();
  }

  #connect() {
    if (this.#ended) return;
    this.connections++;
    const headers = this.lastEventId === undefined ? {} : { 'last-event-id': this.lastEventId };
    const request = get(`${this.#url()}/ROOM/cuts`, { headers, agent: false }, (response) => {
      let rest = '';
      response.setEncoding('latin1').on('data', (piece) => {
        const frames = (rest + piece).split('\n\n');
        rest = frames.pop();
        for (const frame of frames) {
          // What came in the same piece behind a cut is lost with it.
          if (request.destroyed) return;
          this.#read(frame, request);
        }
      });
      response.on('error', () => undefined);
    });
    request.on('error', () => undefined).on('close', () => setTimeout(() => this.#connect(), 10));
    this.#request = request;
  }

  #read(frame, request) {
    const [, id] = /^id: (.*)$/m.exec(frame) ?? [];
    const [, data] = /^data: (.*)$/m.exec(frame) ?? [];
    if (id !== undefined) this.lastEventId = id;
    if (data === undefined) return;
    if (data === `${this.count + 1}`) this.count++;
    else this.wrong ??= `expected ${this.count + 1}, found ${frame}`;
    if (!(this.cuts[0] < this.count)) return;
    this.cuts.shift();
    request.destroy();
  }
}
