// Streams with nothing to say stay open, longer than any runtime or proxy waits for the next byte. What the package sends by default
// is enough; without a heartbeat, Bun and nginx close them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startNginx } from './lib/nginx.mjs';
import { openStream, Remote } from './lib/remote.mjs';
import { PLACES, start } from './places/start.mjs';

/** nginx waits for 60 s, and the proxies of clouds for no longer. */
const SILENCE_MS = Number(process.env.SERVER_SILENCE_MS || 70_000);

/** Who closes a stream that is silent for so long. */
const CLOSES = { bun: 'Bun’s server closes what is silent for 10 s', nginx: 'nginx waits for 60 s' };

describe('heartbeats', { concurrency: true }, () => {
  const servers = new Map();
  let nginx;
  before(async () => {
    for (const place of PLACES) {
      const server = await start(place);
      if (server) servers.set(place, server);
    }
    nginx = await startNginx([...servers.values()].map(({ port }) => port));
  });
  after(async () => {
    await nginx?.close();
    for (const server of servers.values()) await server.close();
  });

  for (const place of PLACES) {
    for (const proxy of [undefined, 'nginx']) {
      const by = proxy ? ' behind nginx' : '';
      test(`${place}${by}: a silent stream is open after ${SILENCE_MS / 1000} s, by the default heartbeat`, (t) =>
        silent(t, place, proxy, 'default'));
      test(`${place}${by}: without a heartbeat`, (t) => silent(t, place, proxy, '0'));
      test(`${place}${by}: an event arrives while the stream is open`, (t) => passes(t, place, proxy));
    }
  }

  function connectTo(t, place, proxy) {
    const server = servers.get(place);
    if (!server) return t.skip(`there is no such runtime for ${process.platform}-${process.arch}`);
    const port = proxy ? nginx.ports[[...servers.keys()].indexOf(place)] : server.port;
    return { remote: new Remote(server.url), port };
  }

  async function silent(t, place, proxy, heartbeat) {
    const at = connectTo(t, place, proxy);
    if (!at) return;
    const name = `silent ${proxy} ${heartbeat}`;
    const client = await openStream(at.port, { name, by: 'channel', heartbeat });
    await sleep(SILENCE_MS);
    const reason = heartbeat === '0' && (CLOSES[proxy] ?? CLOSES[place]);
    // Bun speaks HTTP/1.0 with nginx, where a connection that is closed is a body's end.
    assert.equal(client.over, Boolean(reason), reason || 'the stream is to be open');
    if (!reason) {
      await at.remote.ask('/poke', { name });
      await client.until(({ received }) => received.includes('data: poke 1\n'));
    }
    client.fin();
  }

  async function passes(t, place, proxy) {
    const at = connectTo(t, place, proxy);
    if (!at) return;
    const name = `passes ${proxy}`;
    const client = await openStream(at.port, { name, by: 'function', heartbeat: 'default' });
    for (let event = 1; event <= 3; event++) {
      await at.remote.ask('/poke', { name });
      await client.until(({ received }) => received.includes(`data: poke ${event}\n`));
    }
    assert.equal(client.over, false);
    assert.match(client.received, /^content-type: text\/event-stream\r$/im);
    client.fin();
  }
});
