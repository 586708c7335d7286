// Runs all checks of the writing side in the process that this is, of Node, Deno or Bun: a line of JSON for each result.

import * as api from 'eventsource-wasm/server';

import { checks } from './server-suite.mjs';

const rejections = [];
process.on('unhandledRejection', (error) => rejections.push(String(error?.stack ?? error)));

const say = (value) => new Promise((done) => process.stdout.write(`${JSON.stringify(value)}\n`, done));
for (const [name, check] of Object.entries(checks)) {
  try {
    await say({ name, status: (await check(api)) === 'skipped' ? 'skipped' : 'passed' });
  } catch (error) {
    await say({ name, status: 'failed', error: String(error?.stack ?? error) });
  }
}
await new Promise((done) => setTimeout(done, 50));
await say({ rejections });
process.exit(0);
