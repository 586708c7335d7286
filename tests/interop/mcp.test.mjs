// The client of the Model Context Protocol, with a request whose answer is cut in the middle and resumed.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';

import { until } from '../e2e/check.mjs';
import { LOGS, mcpServer, PROGRESS, RESULT } from './lib/mcp-server.mjs';
import { serve } from './lib/serve.mjs';

test('StreamableHTTPClientTransport initialises, follows, resumes and ends', async (t) => {
  const { handler, log, ended, session } = mcpServer();
  const server = await serve(handler);
  const client = new Client({ name: 'interop', version: '1' });
  const logs = [];
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void logs.push(params.data));
  try {
    const transport = new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`));
    await client.connect(transport);
    assert.equal(client.getServerVersion().name, 'interop');
    assert.equal(transport.sessionId, session);

    const { tools } = await client.listTools();
    assert.deepEqual(
      tools.map(({ name }) => name),
      ['count'],
    );

    const progress = [];
    const onprogress = ({ message }) => void progress.push(message);
    assert.deepEqual(await client.callTool({ name: 'count' }, undefined, { onprogress }), RESULT);
    assert.deepEqual(progress, PROGRESS);

    // The stream that the client keeps open for what the server says by itself has been cut, too.
    await until(() => logs.length === LOGS.length && log.some(({ cut }) => cut === 'open'));
    assert.deepEqual(logs, LOGS);

    await transport.terminateSession();
    await client.close();
    await until(() => ended.length);
    assert.match(ended.join(), /^(cancelled|aborted)$/);

    const [first, ...others] = log;
    assert.deepEqual([first.rpc, first.session], ['initialize', null]);
    assert.ok(others.every((request) => request.session === session));
    const of = (name) => log.filter(({ lastEventId }) => lastEventId.startsWith(name));
    // What is under way when a connection breaks off may be lost with it, and is asked for again.
    assert.ok(of('call').length >= 2 && of('call').every(({ method }) => method === 'GET'));
    for (const cut of ['break', 'half', 'end', 'open'])
      assert.ok(
        log.some((request) => request.cut === cut),
        cut,
      );
    t.diagnostic(
      `the call was resumed behind ${of('call')
        .map(({ lastEventId }) => lastEventId)
        .join(', ')}`,
    );
    t.diagnostic(
      `the stream of logs behind ${of('logs')
        .map(({ lastEventId }) => lastEventId)
        .join(', ')}`,
    );
  } finally {
    await client.close();
    await server.close();
  }
});
