// The README holds what it promises: its code is that of examples/recipes and of the crate's documentation, each recipe
// runs against real servers, and the tables name what the sources name.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';

import { connect, EventSourceError } from 'eventsource-wasm';
import { eventStream } from 'eventsource-wasm/server';

import { ask } from '../../examples/recipes/ask.mjs';
import { answer } from '../../examples/recipes/check.mjs';
import { follow } from '../../examples/recipes/follow.mjs';
import { firstEvents } from '../../examples/recipes/in-process.mjs';
import { complete } from '../../examples/recipes/read.mjs';
import { follow as followWithToken } from '../../examples/recipes/refresh.mjs';
import { notifications } from '../../examples/recipes/share.mjs';
import { startWorkerd } from '../../scripts/lib/workerd.mjs';
import { useFrameworks } from '../frameworks/use.mjs';
import { listen } from './listening.mjs';

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const readme = read('README.md');
const RECIPES = 'examples/recipes/';

describe('README', () => {
  test('each block of JavaScript is a recipe, word for word, and each recipe is there', () => {
    const blocks = [...readme.matchAll(/(?:<!-- (\S+) -->\n)?```(?:js|mjs|ts|javascript|typescript)\n(.*?)```/gs)];
    for (const [, path, code] of blocks) assert.equal(code, read(path ?? 'a path in a comment before the block'), path);
    const shown = blocks.map(([, path]) => path.slice(RECIPES.length)).sort();
    assert.deepEqual(shown, readdirSync(new URL(`../../${RECIPES}`, import.meta.url)).sort());
  });

  test('each block of Rust is a file of an example, or an example of the documentation, which cargo runs', () => {
    const blocks = [...readme.matchAll(/<!-- (\S+) -->\n```rust\n(.*?)```/gs)];
    assert.equal(blocks.length, readme.match(/```rust/g).length);
    for (const [, path, code] of blocks) {
      if (path.startsWith('examples/')) {
        assert.equal(code, read(path), path);
        continue;
      }
      const example = code.replace(/^(.*)\n/gm, (_, line) => `/// ${line}`.trimEnd() + '\n');
      assert.ok(read(path).includes(`/// \`\`\`\n${example}/// \`\`\`\n`), `expected ${path} to have the example`);
    }
  });

  test('the tables name every option and every error code, and no others', () => {
    assert.deepEqual(column('option of a connection'), members('js/options.ts', 'ConnectInit', 'ParseOptions'));
    assert.deepEqual(column('option of a loop'), members('js/schema.ts', 'ReadOptions'));
    assert.deepEqual(column('option of `retry`'), members('js/options.ts', 'RetryOptions'));
    assert.deepEqual(column('option of a response'), members('js/respond.ts', 'ResponseInit'));
    assert.deepEqual(column('option of `eventStream`'), members('js/event-stream.ts', 'EventStreamInit'));
    assert.deepEqual(column('option of a channel'), members('js/channel-init.ts', 'ChannelInit'));
    assert.deepEqual(column('option of `subscribe`'), members('js/channel-init.ts', 'SubscribeInit'));
    assert.deepEqual(column('option of `noMoreEvents`'), members('js/no-more-events.ts', 'NoMoreEventsInit'));
    assert.deepEqual(column('member of `cors`'), members('js/cors.ts', 'CorsRules'));
    assert.deepEqual(column('option of `toNodeListener`'), members('js/node.ts', 'NodeListenerOptions'));
    assert.deepEqual(column('option of `sqliteStore`'), members('js/sqlite-store.ts', 'SqliteStoreInit'));
    assert.deepEqual(column('option of `redisStore`'), members('js/redis.ts', 'RedisStoreInit'));
    const codes = [...read('js/error.ts').matchAll(/^ +\| '(.+)'/gm)].map(([, code]) => code);
    assert.deepEqual(column('code'), codes);
    assert.ok(codes.length > 10);
  });

  test('links lead to files, and commands are scripts', () => {
    for (const document of ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md']) {
      const text = read(document);
      for (const [, path] of text.matchAll(/(?:\]\(|src=")(?!https?:|#)([^)#"]+)/g)) {
        assert.ok(existsSync(new URL(`../../${path}`, import.meta.url)), `${document}: ${path}`);
      }
      const { scripts } = JSON.parse(read('package.json'));
      for (const [, name] of text.matchAll(/npm (?:run )?(start|test|(?<=run )[a-z]+)/g)) {
        assert.ok(name in scripts, `${document}: ${name}`);
      }
    }
  });
});

/** The names in the first column of the table with this head. */
function column(head) {
  const rows = readme.split(`| ${head} `)[1].split('\n\n')[0].split('\n').slice(2);
  return rows.flatMap((row) => [...row.split('|')[1].matchAll(/`([^`]+)`/g)].map(([, name]) => name));
}

/** The members of an interface, and those of `base` in js/create-parser.ts behind them. */
function members(path, name, base) {
  const body = read(path).match(new RegExp(`interface ${name}\\b.*?\\{\\n(.*?)\\n\\}`, 's'))[1];
  const own = [...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, member]) => member);
  return base ? [...own, ...members('js/create-parser.ts', base)] : own;
}

/** A server that answers its n-th request with the n-th listener, and any further one with the last. */
async function serve(t, ...listeners) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const listener = listeners[Math.min(requests.length, listeners.length - 1)];
    const seen = { method: request.method, headers: request.headers, body: '', closed: once(response, 'close') };
    requests.push(seen);
    for await (const piece of request.setEncoding('utf8')) seen.body += piece;
    await listener(response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}/`, requests };
}

/** Writes bytes of an event stream and leaves it open. */
function stream(response, ...pieces) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const piece of pieces) response.write(piece);
}

/** Breaks the connection off, once what was written has left. */
async function cut(response) {
  await new Promise((sent) => response.write(': \n', sent));
  response.destroy();
}

const delta = (content, id) =>
  `${id ? `id: ${id}\n` : ''}data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;

describe('recipes', () => {
  test('follow: an EventSource that says what is wrong', async (t) => {
    // No part of the backoff, so that the delay is the stream's reconnection time.
    t.mock.method(Math, 'random', () => 0);
    const server = await serve(
      t,
      (response) => {
        stream(response, 'retry: 20\n\nevent: price\nid: 1\ndata: 10.5\n\nevent: price\nid: 2\nda');
        return cut(response);
      },
      (response) => {
        stream(response, 'event: price\nid: 2\ndata: 11\n\n');
        response.end();
      },
      (response) => response.writeHead(410).end('gone'),
    );
    const lines = [];
    const source = follow(server.url, (line) => lines.push(line));
    await new Promise((done) => source.addEventListener('error', ({ error }) => error.willRetry || done()));
    assert.deepEqual(lines, [
      '1: 10.5',
      'network: trying again in 20 ms',
      '2: 11',
      'stream-ended: trying again in 20 ms',
      'http-status: given up, expected status 200, found 410',
    ]);
    assert.equal(source.readyState, 2);
    assert.deepEqual(
      server.requests.map(({ headers }) => headers['last-event-id']),
      [undefined, '1', '2'],
    );
  });

  test('ask: a prompt by POST, a fresh token per attempt, nothing lost or repeated, closed at the end', async (t) => {
    t.mock.method(Math, 'random', () => 0);
    const server = await serve(
      t,
      (response) => {
        stream(
          response,
          `retry: 20\n\n${delta('Hello', 'a.0')}${delta(', ', 'a.1')}${delta('lost?', 'a.2').slice(0, -1)}`,
        );
        return cut(response);
      },
      (response) => stream(response, `${delta('wor', 'a.2')}${delta('ld', 'a.3')}data: [DONE]\n\n`),
    );
    let tokens = 0;
    const pieces = [];
    for await (const piece of ask(server.url, 'Greet.', async () => `token-${++tokens}`)) pieces.push(piece);
    assert.deepEqual(pieces, ['Hello', ', ', 'wor', 'ld']);
    await server.requests[1].closed;
    assert.deepEqual(
      server.requests.map(({ method, headers, body }) => [
        method,
        headers.authorization,
        headers['content-type'],
        headers['last-event-id'],
        body,
      ]),
      [
        ['POST', 'Bearer token-1', 'application/json', undefined, '{"prompt":"Greet."}'],
        ['POST', 'Bearer token-2', 'application/json', 'a.1', '{"prompt":"Greet."}'],
      ],
    );
  });

  test('ask: a refusal is a typed error with status and body', async (t) => {
    const server = await serve(t, (response) => response.writeHead(401).end('{"error":"token expired"}'));
    await assert.rejects(ask(server.url, 'Greet.', () => 'old').next(), (error) => {
      assert.ok(error instanceof EventSourceError);
      assert.deepEqual([error.code, error.status, error.body], ['http-status', 401, '{"error":"token expired"}']);
      return true;
    });
    assert.equal(server.requests.length, 1);
  });

  test('check: events by their schemas, up to the sentinel or the first that does not fit', async (t) => {
    const delta = (text) => `event: delta\ndata: ${JSON.stringify({ text })}\n\n`;
    const usage = (tokens) => `event: usage\ndata: ${JSON.stringify({ tokens })}\n\n`;
    const server = await serve(
      t,
      (response) =>
        stream(response, delta('Hel'), usage(2), 'event: ping\ndata: now\n\n', delta('lo'), 'data: [DONE]\n\n'),
      (response) => stream(response, delta('Hel'), usage('2'), delta('lo')),
    );
    const seen = [];
    for await (const text of answer(server.url, 'Greet.', (tokens) => seen.push(tokens))) seen.push(text);
    assert.deepEqual(seen, ['Hel', 2, 'lo']);
    assert.equal(server.requests[0].body, 'Greet.');
    await server.requests[0].closed;
    const pieces = answer(server.url, 'Greet.', () => assert.fail('no number'));
    assert.equal((await pieces.next()).value, 'Hel');
    await assert.rejects(pieces.next(), (error) => error instanceof EventSourceError && error.code === 'invalid-data');
    await server.requests[1].closed;
  });

  test('refresh: a 401 gets another token, once, and what else happens is the default policy’s', async (t) => {
    t.mock.method(Math, 'random', () => 0);
    const server = await serve(t, async (response, request) => {
      const { authorization } = request.headers;
      if (authorization !== `Bearer token-${session.valid}`) return response.writeHead(401).end('expired');
      stream(response, `retry: 5\n\nid: ${session.valid}\ndata: ${authorization}\n\n`);
      session.valid++;
      await cut(response);
    });
    const session = { token: 'token-0', valid: 1, refreshed: 0 };
    session.refresh = async () => void (session.token = `token-${++session.refreshed}`);
    const seen = [];
    for await (const { data } of await followWithToken(server.url, session)) {
      if (seen.push(data) === 3) break;
    }
    assert.deepEqual(seen, ['Bearer token-1', 'Bearer token-2', 'Bearer token-3']);
    assert.equal(session.refreshed, 3);

    session.refresh = async () => undefined;
    await assert.rejects(followWithToken(server.url, session), { code: 'http-status', status: 401 });
  });

  test('read: one response up to its sentinel, then the source is cancelled', async (t) => {
    const server = await serve(
      t,
      (response) => stream(response, ': hi\n\n', delta('Hel'), delta('lo'), 'data: [DONE]\n\n', delta('!')),
      (response) => response.writeHead(500).end(),
    );
    assert.equal(await complete(server.url, { method: 'POST', body: '{}' }), 'Hello');
    assert.equal(server.requests[0].body, '{}');
    await server.requests[0].closed;
    await assert.rejects(complete(server.url), /status 500/);
  });

  test('share: notifications, here over a connection of its own (tests/browser/share.test.mjs has the tabs)', async (t) => {
    const server = await serve(t, (response) => stream(response, 'data: {"text":"Hi"}\n\n'));
    let stop;
    const seen = await new Promise((done) => (stop = notifications(server.url, done, () => assert.fail('no gap'))));
    assert.deepEqual(seen, { text: 'Hi' });
    stop();
    await server.requests[0].closed;
  });

  test('serve: an edge handler in workerd, and a reader that comes back', async (t) => {
    const server = await startWorkerd({ entry: `${RECIPES}serve.mjs` });
    t.after(() => server.close());
    const response = await fetch(server.url, { headers: { 'last-event-id': '8' } });
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    assert.equal(response.headers.get('cache-control'), 'no-cache, no-transform');
    assert.equal(
      await response.text(),
      'retry: 1000\n\nevent: count\nid: 9\ndata: {"n":9,"of":10}\n\nevent: count\nid: 10\ndata: {"n":10,"of":10}\n\n',
    );
    const seen = [];
    const first = await connect(server.url);
    for await (const event of first) {
      seen.push(event.json().n);
      if (event.lastEventId === '4') break;
    }
    // To the 204 behind the tenth event.
    for await (const event of await connect(server.url, { lastEventId: first.lastEventId })) seen.push(event.json().n);
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('node-http, express, fastify, hono: the same handler in Node', async (t) => {
    await useFrameworks();
    const recipe = (name) => import(`../../${RECIPES}${name}.mjs`);
    const { server } = await recipe('node-http');
    const { app: express } = await recipe('express');
    const { app: fastify } = await recipe('fastify');
    const { app: hono } = await recipe('hono');
    const { createAdaptorServer } = await import('@hono/node-server');
    await fastify.ready();
    t.after(() => fastify.close());
    const servers = {
      'node-http': server,
      express: createServer(express),
      fastify: fastify.server,
      hono: createAdaptorServer({ fetch: hono.fetch, overrideGlobalObjects: false }),
    };
    // Side by side, as each ends with a reconnection.
    const read = async ([name, server]) => {
      const url = `http://127.0.0.1:${await listen(t, server)}/events`;
      const seen = [];
      for await (const event of await connect(url, { lastEventId: '8' })) seen.push(event.json().n);
      assert.deepEqual(seen, [9, 10], name);
    };
    await Promise.all(Object.entries(servers).map(read));
  });

  test('relay: read one stream and write another in workerd, until the reader leaves', async (t) => {
    const source = await serve(t, (response) => {
      stream(response, 'event: ping\ndata: x\n\n', 'event: edit\nid: 7\ndata: one\ndata: two\n\n', 'data: three\n\n');
      // workerd notices at the next write that its reader has left.
      const timer = setInterval(() => response.write('data: more\n\n'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const server = await startWorkerd({ entry: `${RECIPES}relay.mjs`, env: { SOURCE: source.url } });
    t.after(() => server.close());
    const seen = [];
    for await (const { type, data, lastEventId } of await connect(server.url, { lastEventId: '6' })) {
      seen.push([type, data, lastEventId]);
      if (seen.length === 3) break;
    }
    assert.deepEqual(seen, [
      ['edit', 'one\ntwo', '7'],
      ['message', 'three', '7'],
      ['message', 'more', '7'],
    ]);
    assert.equal(source.requests[0].headers['last-event-id'], '6');
    await source.requests[0].closed;
  });

  test('in-process: the first events of a handler, which learns that its reader has left', async () => {
    let reason;
    const worker = {
      fetch: (request) =>
        eventStream(request, async (stream) => {
          reason = stream.closed;
          for (let n = 1; !stream.signal.aborted; n++)
            await stream.send({ id: n, data: request.headers.get('accept') });
        }),
    };
    const events = await firstEvents(worker, 3);
    assert.deepEqual(
      events.map(({ data, lastEventId }) => [data, lastEventId]),
      [1, 2, 3].map((id) => ['text/event-stream', `${id}`]),
    );
    assert.ok(['aborted', 'cancelled'].includes((await reason).code));
  });

  test('tail: a script that prints events, says what is wrong, and ends on Ctrl-C', async (t) => {
    const server = await serve(
      t,
      (response) => stream(response, 'id: 1\nevent: a\ndata: one\n\ndata: two\n\n'),
      (response) => response.writeHead(403).end(),
    );
    const run = async (until) => {
      const child = spawn(process.execPath, [
        new URL(`../../${RECIPES}tail.mjs`, import.meta.url).pathname,
        server.url,
      ]);
      let [out, errors] = ['', ''];
      child.stdout.on('data', (piece) => (out += piece) && out.includes(until) && child.kill('SIGINT'));
      child.stderr.on('data', (piece) => (errors += piece));
      const [code] = await once(child, 'close');
      return { out, errors, code };
    };
    assert.deepEqual(await run('two\n'), { out: '1\ta\tone\n1\tmessage\ttwo\n', errors: '', code: 130 });
    const refused = { out: '', errors: 'http-status: expected status 200, found 403\n', code: 1 };
    assert.deepEqual(await run('never'), refused);
  });
});
