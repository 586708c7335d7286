// Runs the checks in the process that this is, of Node, Deno or Bun: a line of JSON for each result.
//
//   <runtime> child.mjs <name of the runtime> <URL of the fault server> <names of checks, as JSON>

import * as api from 'eventsource-wasm';

import { runAll, runCheck } from '../suite/run.mjs';

const [runtime, control, names] = process.argv.slice(2);
const rejections = [];
process.on('unhandledRejection', (error) => rejections.push(String(error?.stack ?? error)));

const say = (value) => new Promise((done) => process.stdout.write(`${JSON.stringify(value)}\n`, done));
await runAll(JSON.parse(names), async (name) => say(await runCheck(name, { runtime, api, control })));
await new Promise((done) => setTimeout(done, 50));
await say({ rejections });
// A check that failed may have left a connection that reconnects.
process.exit(0);
