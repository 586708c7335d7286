// Runs checks in a page, or in a dedicated worker of one: a message with a name, runtime and control in, the result out.

import * as api from '/dist/index.js';

import { runCheck } from '../suite/run.mjs';

const rejections = [];
addEventListener('unhandledrejection', ({ reason }) => rejections.push(String(reason?.stack ?? reason)));

const check = ({ name, runtime, control }) => runCheck(name, { runtime, api, control });
const work = async (message) => (message.name ? check(message) : rejections);

if (globalThis.document) globalThis.work = work;
else
  addEventListener('message', async ({ data }) =>
    postMessage({ number: data.number, answer: await work(data.message) }),
  );
if (!globalThis.document) postMessage('ready');
