// The handlers behind a gate: `/?by=<contestant>&count=<events>` answers at once, and with `&gate=<name>` only when `/open` has
// been asked for that gate. So a thousand clients can be connected before the first one is served.

import { OURS, PEERS } from './handlers.mjs';

const handlers = { ...OURS, ...PEERS };
const POLL_MS = 20;
const arrived = new Map();
const open = new Set();

/** @param {Request} request */
export async function serve(request) {
  const { pathname, searchParams } = new URL(request.url);
  const gate = searchParams.get('gate');
  if (pathname === '/arrived') return new Response(`${arrived.get(gate) ?? 0}`);
  if (pathname === '/open') {
    open.add(gate);
    return new Response(null);
  }
  await passed(gate);
  return handlers[searchParams.get('by')](request);
}

/** By timers, as a promise of one request must not be settled by another in workerd. */
export async function passed(gate) {
  if (!gate) return;
  arrived.set(gate, (arrived.get(gate) ?? 0) + 1);
  while (!open.has(gate)) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
