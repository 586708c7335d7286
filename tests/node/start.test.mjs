// What an import costs: the WebAssembly is made when the first stream needs it, once.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const SCRIPT = `
  let made = 0;
  const { Module } = WebAssembly;
  WebAssembly.Module = function (bytes) {
    made++;
    return new Module(bytes);
  };
  const found = [];
  const { createParser } = await import('eventsource-wasm/parser');
  const { encode } = await import('eventsource-wasm/server');
  const { connect } = await import('eventsource-wasm');
  found.push(made);
  const data = [];
  createParser({ onEvent: (event) => data.push(event.data) }).feed(encode('a'));
  found.push(made);
  const fetch = () => new Response('data: b\\n\\n', { headers: { 'content-type': 'text/event-stream' } });
  for await (const event of await connect('http://handler.test/', { fetch, resume: 'never' })) data.push(event.data);
  found.push(made);
  console.log(JSON.stringify({ found, data }));
`;

test('nothing is compiled by an import; one module for client and parser, one for the server', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT]);
  assert.deepEqual(JSON.parse(stdout), { found: [0, 2, 2], data: ['a', 'b'] });
});
