// Several pages of one origin in one Chromium, and the server that they read from, which sees how many connections there are.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

import { launchChromium } from '../../scripts/lib/chromium.mjs';
import { until } from './node-server.mjs';

const ROOT = new URL('../../', import.meta.url);
const EVENT_STREAM = { 'content-type': 'text/event-stream', 'x-feed': 'yes' };

const PAGE = `<!doctype html><title>A tab</title>
<script type="importmap">{ "imports": { "eventsource-wasm": "/dist/index.js" } }</script>`;

/** A stream of events with ids: who connects with an id gets what is behind it, who connects without gets what comes. */
export class Feed {
  /** The text of each event; its id is its index. */
  events = [];
  requests = [];
  open = new Set();
  /** The most connections that were open at once. */
  most = 0;
  /** Answers a request instead, where it is set and gives true. */
  refuse = () => false;
  #timer;

  connect(request, response) {
    const id = request.headers['last-event-id'];
    this.requests.push({ id, method: request.method, headers: request.headers });
    if (this.refuse(request, response, this.requests.length)) return;
    this.open.add(response);
    this.most = Math.max(this.most, this.open.size);
    response.on('error', () => undefined).on('close', () => this.open.delete(response));
    response.writeHead(200, EVENT_STREAM).write('retry: 20\n\n');
    if (id) for (let at = Number(id) + 1; at < this.events.length; at++) response.write(this.events[at]);
  }

  publish(count = 1, text = (number) => `event ${number}\ndata: of the feed`) {
    for (let n = 0; n < count; n++) {
      const id = this.events.length;
      const event = `id: ${id}\ndata: ${text(id)}\n\n`;
      this.events.push(event);
      for (const response of this.open) response.write(event);
    }
    return this.events.length - 1;
  }

  /** Publishes on and on, a few events at a time. */
  start(random) {
    this.#timer = setInterval(() => this.publish(1 + Math.floor(random() * 3)), 3);
  }

  stop() {
    clearInterval(this.#timer);
  }
}

/** `{ url, feed(name), open(name, options), owner(name), context, clear(), close() }`. */
export async function openTabs() {
  const feeds = new Map();
  const feed = (name) => feeds.get(name) ?? feeds.set(name, new Feed()).get(name);
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://host');
    if (pathname === '/feed') return feed(searchParams.get('name')).connect(request, response);
    if (/^\/(dist|examples\/recipes)\/[\w./-]+\.m?js$/.test(pathname) && !pathname.includes('..')) {
      return response
        .writeHead(200, { 'content-type': 'text/javascript' })
        .end(await readFile(new URL(`.${pathname}`, ROOT)));
    }
    return response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${server.address().port}`;
  const browser = await launchChromium({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });
  const context = await browser.newContext();
  const tabs = new Set();

  /** A page that reads a feed; `read` runs in it with the package as `sse`, and the options. */
  async function open(name, options = {}, read = readInPage) {
    const tab = await context.newPage();
    tab.alive = true;
    tab.on('crash', () => (tab.alive = false)).on('close', () => (tab.alive = false));
    tabs.add(tab);
    await begin(tab, name, options, read);
    return tab;
  }

  async function begin(tab, name, options = {}, read = readInPage) {
    await tab.goto(`${url}/`);
    await tab.evaluate(setUpInPage);
    await tab.evaluate(read, { url: `/feed?name=${name}`, init: { shareAcrossTabs: name, ...options } });
  }

  /** Which of the living tabs has the lock. */
  async function owner(name) {
    for (;;) {
      for (const tab of tabs) {
        if (tab.alive && (await tab.evaluate(ownsInPage, name).catch(() => false))) return tab;
      }
    }
  }

  /** Closes all pages: of connections to one host a browser has but six. */
  async function clear() {
    for (const each of feeds.values()) each.stop();
    await Promise.all(context.pages().map((page) => page.close()));
    tabs.clear();
  }

  const close = async () => {
    for (const each of feeds.values()) each.stop();
    await browser.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { url, feed, open, owner, context, clear, close };
}

/** Waits until a tab has seen an event. */
export async function sees(tab, id) {
  await tab.waitForFunction((id) => globalThis.tab.ids.at(-1) >= id, id, { polling: 20 });
}

export { until };

// What runs in a page.

async function setUpInPage() {
  globalThis.sse = await import('/dist/index.js');
  globalThis.tab = { ids: [], data: [], log: [] };
  // A lock of its own tells a page the id by which the list of all locks names it.
  const own = crypto.randomUUID();
  await new Promise((done) => navigator.locks.request(own, () => (done(), new Promise(() => undefined))));
  const { held } = await navigator.locks.query();
  tab.client = held.find(({ name }) => name === own).clientId;
}

async function ownsInPage(name) {
  const { held } = await navigator.locks.query();
  return held.some((lock) => lock.name === `eventsource-wasm 1 ${name}` && lock.clientId === tab.client);
}

/** Reads with an EventSource until it is open. */
function readInPage({ url, init }) {
  const source = (tab.source = new sse.EventSource(url, init));
  source.onmessage = (event) => {
    tab.ids.push(Number(event.lastEventId));
    tab.data.push(event.data);
    // A page that is busy now and then, each in its own way: when an owner goes, they are not all at the same event.
    if (tab.busy && Math.random() < 0.02)
      for (const end = performance.now() + 40 * Math.random(); performance.now() < end;);
  };
  source.onopen = () => tab.log.push(`open ${source.response.status} ${source.readyState}`);
  source.onerror = ({ error }) => {
    tab.log.push(`${error.code} ${error.willRetry} ${source.readyState}`);
    const { status, body, attempt, response } = error;
    tab.error = {
      status,
      body,
      attempt,
      why: response?.headers.get('x-why'),
      typed: error instanceof sse.EventSourceError,
    };
  };
  return new Promise((done) => source.addEventListener('open', () => done(), { once: true }));
}
