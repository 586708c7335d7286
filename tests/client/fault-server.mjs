// A server that does to an event stream what HTTP libraries will not: resets, broken framing, wrong lengths, bytes one by one.
// It is scripted and its log is read over HTTP, on a port of its own, so that a suite needs nothing but `fetch`.

import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';

import { play, preflight } from './server/play.mjs';
import { Wire } from './server/wire.mjs';
import { bytes as story, startAfter } from './story.mjs';

/**
 * A run has a port of its own: no socket that is kept from an earlier one gets into it, and it takes none of the
 * connections that a browser allows for another. Only one that asks for it (`home`) is where the files are, so that a page
 * needs no preflights; no socket is kept there.
 *
 * @param {(path: string) => object | undefined} files the answer to a path
 * @returns {Promise<{ url: string, home: string, close(): Promise<void> }>} where runs are scripted (see
 *   tests/client/README.md), and where the files are
 */
export async function startFaultServer(files = () => undefined) {
  const runs = new Map();
  const home = new Streams((target) => {
    const [, number] = target.match(/^\/run\/(\d+)$/) ?? [];
    return runs.get(home.url + target) ?? { answer: number ? undefined : files(target) };
  });
  await home.listen();
  const makeRun = async (script) => {
    const run = new Run(script);
    if (!script.home) await (run.streams = new Streams(() => run)).listen();
    const url = run.streams?.url ?? `${home.url}/run/${runs.size}`;
    runs.set(url, run);
    return url;
  };
  const control = createHttpServer((request, response) => void answerControl(request, response, { runs, makeRun }));
  await listen(control);
  return {
    url: urlOf(control),
    home: home.url,
    async close() {
      control.closeAllConnections();
      const closed = new Promise((done) => control.close(done));
      await Promise.all([closed, home.close(), ...[...runs.values()].map((run) => run.streams?.close())]);
    },
  };
}

const listen = (server) => new Promise((done) => server.listen(0, '127.0.0.1', done));
const urlOf = (server) => `http://127.0.0.1:${server.address().port}`;

/** Raw sockets; `find(target)` tells the run of a request, or `{ answer }`. */
class Streams {
  #server;
  #sockets = new Set();

  constructor(find) {
    this.#server = createServer((socket) => {
      socket.setNoDelay(true).on('error', () => undefined);
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      // A client that leaves in the middle of a request or an answer is no failure of the server.
      serve(socket, find).catch((error) => socket.destroyed || socket.destroy(error));
    });
  }

  async listen() {
    await listen(this.#server);
    this.url = urlOf(this.#server);
  }

  close() {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((done) => this.#server.close(done));
  }
}

/** What a script has seen. */
class Run {
  requests = [];
  /** Requests that are neither answered nor broken off. */
  open = new Set();
  /** The most of them at a time. */
  most = 0;
  /** By their numbers. */
  sockets = new Map();
  /** Bytes that the kernel has taken. */
  written = 0;
  preflights = 0;
  #gates = new Map();
  #script;
  #used = new Map();

  constructor(script) {
    this.#script = script;
  }

  /** The answer to the next request of a path: those of the script in their order, then 204. */
  next(path, lastEventId) {
    const number = this.#used.get(path) ?? 0;
    this.#used.set(path, number + 1);
    const { story: cuts, answers = [], paths = {} } = this.#script;
    if (cuts) return storyAnswer(cuts, number, lastEventId);
    const list = paths[path] ?? answers;
    return list[number] ?? list.findLast(({ forever }) => forever) ?? { status: 204 };
  }

  gate(name) {
    if (!this.#gates.has(name)) {
      let open;
      const opened = new Promise((done) => (open = done));
      this.#gates.set(name, { open, opened });
    }
    return this.#gates.get(name);
  }

  log() {
    const { requests, open, most, sockets, written, preflights } = this;
    const openSockets = [...sockets.keys()].filter((socket) => !socket.destroyed).length;
    return { requests, open: open.size, most, sockets: sockets.size, openSockets, written, preflights };
  }
}

/** The story from behind the last event ID up to the cut of this request (`{ at, how, wait }`); whole behind the last cut. */
function storyAnswer(cuts, number, lastEventId) {
  const from = startAfter(Buffer.from(lastEventId ?? '', 'latin1').toString());
  const { at = story.length, how = 'done', wait = 0 } = cuts[number] ?? {};
  const bytes = Buffer.from(story.subarray(from, at)).toString('latin1');
  // An empty chunk would be the end of the body.
  const body = [...(bytes ? [{ bytes }] : []), { wait }];
  return { body, end: how, framing: how === 'reset' ? 'chunked' : 'close' };
}

async function serve(socket, find) {
  const wire = new Wire(socket);
  for (let goesOn = true; goesOn;) {
    const { method, target, headers, body, header } = await wire.request();
    const run = find(target);
    const out = {
      socket,
      gate: (name) => run.gate(name).opened,
      wrote: (count) => (run.written += count),
      ends: () => {},
    };
    if (!(run instanceof Run)) {
      goesOn = await play(run.answer ?? { status: 404, framing: 'close' }, out);
      continue;
    }
    if (!run.sockets.has(socket)) run.sockets.set(socket, run.sockets.size + 1);
    if (method === 'OPTIONS') {
      run.preflights++;
      goesOn = await play(preflight(header), out);
      continue;
    }
    const seen = { number: run.requests.length + 1, method, path: target.slice(1), headers, body };
    goesOn = await answer(run, Object.assign(seen, { lastEventId: header('last-event-id') }), out);
  }
}

async function answer(run, seen, out) {
  seen.at = performance.now();
  seen.socket = run.sockets.get(out.socket);
  run.requests.push(seen);
  run.open.add(seen);
  run.most = Math.max(run.most, run.open.size);
  const over = (by) => {
    if (!run.open.delete(seen)) return;
    Object.assign(seen, { ended: performance.now(), by });
  };
  const left = () => over('client');
  // The end is there some turns before the close, and before what the client sends on its next socket.
  out.socket.once('end', left).once('close', left);
  out.ends = () => over('server');
  const goesOn = await play(run.next(seen.path, seen.lastEventId), out);
  out.socket.off('end', left).off('close', left);
  over('server');
  return goesOn;
}

/** `POST /script` makes a run, `GET /log?run=` tells what it has seen, `POST /open?run=&gate=` lets it go on. */
async function answerControl(request, response, { runs, makeRun }) {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const reply = (status, value) =>
    response
      .writeHead(status, {
        'access-control-allow-origin': '*',
        'access-control-allow-headers': '*',
        'access-control-max-age': 600,
        'cache-control': 'no-store',
        'content-type': 'application/json',
      })
      .end(JSON.stringify(value));
  if (request.method === 'OPTIONS') return reply(200, {});
  if (pathname === '/script') {
    let text = '';
    for await (const piece of request.setEncoding('utf8')) text += piece;
    return reply(200, await makeRun(JSON.parse(text)));
  }
  const run = runs.get(searchParams.get('run'));
  if (!run) return reply(404, 'expected the URL of a run');
  if (pathname === '/open') run.gate(searchParams.get('gate')).open();
  reply(200, run.log());
}
