// The server of the client benchmarks, a process of its own: backlogs, a steady stream, and the page for the browser.

import { createServer } from 'node:http';

import { answer } from './child.mjs';
import { response } from './streams.mjs';

const STREAM = ['content-type: text/event-stream', 'cache-control: no-store', 'connection: close'];
// With these two a page gets the clock in steps of 5 µs instead of 100.
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

const backlogs = new Map();
let script = '';

// The page asks for what to do, and tells what came of it.
const tasks = [];
const waiting = [];
/** The page's question, while there is nothing to do. */
let idle;

function inPage(method, ...args) {
  const task = JSON.stringify({ method, args });
  if (idle) idle.end(task);
  else tasks.push(task);
  idle = undefined;
  return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
}

const pages = {
  '/': (_, res) =>
    res.writeHead(200, { 'content-type': 'text/html', ...ISOLATED }).end('<script type=module src=page.js></script>'),
  '/page.js': (_, res) => res.writeHead(200, { 'content-type': 'text/javascript', ...ISOLATED }).end(script),
  '/backlog': backlog,
  '/steady': steady,
  '/task': (_, res) => {
    if (tasks.length) res.end(tasks.shift());
    else idle = res;
  },
  '/answer': async (_, res, req) => {
    let text = '';
    for await (const piece of req.setEncoding('utf8')) text += piece;
    res.end();
    const { result, error } = JSON.parse(text);
    const { resolve, reject } = waiting.shift();
    if (error === undefined) resolve(result);
    else reject(new Error(error));
  },
  '/clock': (_, res) =>
    res
      .writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-store' })
      .end(`${clock()} ${clock() - performance.timeOrigin - performance.now()}`),
};

const server = createServer((req, res) => {
  const url = new URL(req.url, 'http://localhost');
  const page = pages[url.pathname];
  if (page) page(url.searchParams, res, req);
  else res.writeHead(404).end();
});

/** Milliseconds of the machine's monotonic clock, which all its Nodes share. */
function clock() {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** All at once, as fast as the socket takes it. */
function backlog(query, _, { socket }) {
  const [stream, count] = [query.get('stream'), Number(query.get('count'))];
  const key = `${stream} ${count}`;
  if (!backlogs.has(key)) backlogs.set(key, response(stream, count, STREAM));
  socket.on('error', () => undefined);
  socket.end(backlogs.get(key));
}

/** So many events a second, each with the time when it was written. */
function steady(query, res) {
  const [count, rate] = [Number(query.get('count')), Number(query.get('rate'))];
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', connection: 'close' });
  res.socket.setNoDelay(true);
  const start = clock();
  let sent = 0;
  const timer = setInterval(() => {
    // What a late timer has missed is made up for.
    for (const due = Math.min(count, ((clock() - start) * rate) / 1000); sent < due; sent++)
      res.write(`data: ${clock()}\n\n`);
    if (sent < count) return;
    clearInterval(timer);
    res.end();
  }, 1);
  res.on('close', () => clearInterval(timer));
}

answer({
  listen: () => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port))),
  prepare: (stream, count) => void backlogs.set(`${stream} ${count}`, response(stream, count, STREAM)),
  page: (text) => void (script = text),
  inPage,
});
