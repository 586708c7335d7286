// The README's recipes of the writing side: a proxy, a job that is watched, a dashboard.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';

import { connect } from 'eventsource-wasm';
import { events } from 'eventsource-wasm/parser';

import dashboard, { measured } from '../../examples/recipes/dashboard.mjs';
import { start, watch } from '../../examples/recipes/progress.mjs';
import { startWorkerd } from '../../scripts/lib/workerd.mjs';

describe('recipes of the server', () => {
  test('llm-proxy: the answer of a model in workerd, its bytes as they were, until the reader leaves', async (t) => {
    const requests = [];
    const frames = ['event: delta\ndata: {"text":"Hel', 'lo"}\n\n: ping\n\n', 'data: [DONE]\n\n'];
    const model = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      const { method, headers } = request;
      const closed = once(response, 'close');
      requests.push({ method, authorization: headers.authorization, body, closed });
      if (body === 'no') return response.writeHead(500).end('secret');
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const frame of frames) {
        response.write(frame);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      if (body !== 'endless') return response.end();
      // workerd notices at the next write that its reader has left.
      const timer = setInterval(() => response.write('data: more\n\n'), 20);
      response.on('close', () => clearInterval(timer));
    }).listen(0, '127.0.0.1');
    await once(model, 'listening');
    t.after(() => model.close());
    const env = { MODEL_URL: `http://127.0.0.1:${model.address().port}/`, MODEL_KEY: 'key' };
    const server = await startWorkerd({ entry: 'examples/recipes/llm-proxy.mjs', env });
    t.after(() => server.close());

    const whole = await fetch(server.url, { method: 'POST', body: 'prompt' });
    assert.equal(whole.headers.get('content-type'), 'text/event-stream');
    assert.equal(await whole.text(), `: \n\n${frames.join('')}`);
    const { closed: _, ...first } = requests[0];
    assert.deepEqual(first, { method: 'POST', authorization: 'Bearer key', body: 'prompt' });

    const refused = await fetch(server.url, { method: 'POST', body: 'no' });
    assert.deepEqual([refused.status, await refused.text()], [502, 'The model does not answer.']);

    const seen = [];
    for await (const { data } of events(await fetch(server.url, { method: 'POST', body: 'endless' }))) {
      if (seen.push(data) === 4) break;
    }
    assert.deepEqual(seen, ['{"text":"Hello"}', '[DONE]', 'more', 'more']);
    await requests[2].closed;
  });

  test('progress: a job that is watched from the start, late, and again', async () => {
    let report;
    let finish;
    const name = start((progress) => {
      report = progress;
      return new Promise((resolve) => (finish = resolve));
    });
    const follow = (init) => {
      const fetch = (request) => Promise.resolve(watch(request));
      return connect(`http://localhost/?job=${name}`, { fetch, retry: { delay: 1 }, ...init });
    };
    const early = await follow();
    const seen = [];
    const watching = (async () => {
      for await (const { type, data, lastEventId } of early) seen.push([type, data, lastEventId]);
    })();
    for (const done of [0.25, 0.5, 0.75]) await report(done);
    while (seen.length < 3) await new Promise((resolve) => setTimeout(resolve, 2));
    finish({ rows: 7 });
    // The loop ends by itself: the stream ends, and the next answer is 204.
    await watching;
    assert.deepEqual(
      seen.map(([type, data]) => `${type} ${data}`),
      ['progress {"done":0.25}', 'progress {"done":0.5}', 'progress {"done":0.75}', 'result {"rows":7}'],
    );
    const late = [];
    for await (const { lastEventId } of await follow({ lastEventId: seen[0][2] })) late.push(lastEventId);
    assert.deepEqual(
      late,
      seen.slice(1).map(([, , id]) => id),
    );
    assert.equal(watch(new Request('http://localhost/?job=unknown')).status, 204);

    const failing = start(() => Promise.reject(new Error('secret')));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const epoch = Number(seen[0][2].split('-')[0]);
    const failed = watch(new Request(`http://localhost/?job=${failing}&lastEventId=${epoch - 1}-0`));
    const text = await failed.text();
    assert.match(text, /event: failed\nid: .+\ndata: The job has failed\.\n\n$/);
    assert.doesNotMatch(text, /secret/);
  });

  test('dashboard: a slow screen gets the newest of each sensor, of its room', async () => {
    const open = (query) => events(dashboard.fetch(new Request(`http://localhost/${query}`)));
    const [all, kitchen] = [open(''), open('?room=kitchen')];
    const first = [all.next(), kitchen.next()];
    await measured('hall/light', 1);
    await measured('kitchen/heat', 20);
    assert.equal((await first[0]).value.data, '{"sensor":"hall/light","value":1}');
    assert.equal((await first[1]).value.data, '{"sensor":"kitchen/heat","value":20}');
    // Nobody reads while far more comes than may wait.
    for (let value = 0; value < 2000; value++) {
      await measured('hall/light', value);
      await measured('kitchen/heat', value);
    }
    const newest = {};
    let count = 0;
    for await (const { data } of all) {
      const { sensor, value } = JSON.parse(data);
      newest[sensor] = value;
      count++;
      if (newest['hall/light'] === 1999 && newest['kitchen/heat'] === 1999) break;
    }
    assert.ok(count < 2000, `expected most to be left out, found ${count}`);
    for await (const { data } of kitchen) {
      assert.match(data, /kitchen/);
      if (JSON.parse(data).value === 1999) break;
    }
  });
});
