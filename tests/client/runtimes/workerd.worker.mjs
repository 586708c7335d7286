// Runs a check by its name, in a request of its own.

import * as api from 'eventsource-wasm';

import { runCheck } from '../suite/run.mjs';

const rejections = [];
addEventListener('unhandledrejection', (event) => rejections.push(String(event.reason?.stack ?? event.reason)));

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/rejections') return Response.json(rejections);
    const control = searchParams.get('control');
    return Response.json(await runCheck(searchParams.get('name'), { runtime: 'workerd', api, control }));
  },
};
