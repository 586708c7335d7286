// Runs the checks in the process that this is, of Node, Deno or Bun: a line of JSON for each result.
//
//   <runtime> child.mjs <name of the runtime> <url of the fault server> <its control> [texts of wanted checks]

import * as api from 'eventsource-wasm';

import { runChecks } from '../suite/run.mjs';

const [runtime, url, control, ...wanted] = process.argv.slice(2);
const say = (result) => new Promise((done) => process.stdout.write(`${JSON.stringify(result)}\n`, done));
const rejections = [];
process.on('unhandledRejection', (error) => rejections.push(String(error?.stack ?? error)));

await runChecks({ runtime, api, server: { url, control } }, wanted, say);
await new Promise((done) => setTimeout(done, 50));
const error = rejections.join('\n');
await say({ name: 'no rejection was left unhandled', status: error ? 'failed' : 'passed', error, ms: 0 });
// A check that failed may have left a connection that reconnects.
process.exit(0);
