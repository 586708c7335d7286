// The entry for Node where there are no types of Node's. Never run: it compiles.

import { toNodeListener } from 'eventsource-wasm/node';
import type { NodeRequest, NodeResponse } from 'eventsource-wasm/node';
import { eventStream } from 'eventsource-wasm/server';

export const listener: (request: NodeRequest, response: NodeResponse) => void = toNodeListener(
  (request, { waitUntil }) => eventStream(request, [], { waitUntil }),
);
