// Who may read a response. Never run: it compiles, and each `@ts-expect-error` is an error.

import { noMoreEvents } from 'eventsource-wasm/server';
import type { Cors, CorsRules, NoMoreEventsInit, OriginRule } from 'eventsource-wasm/server';

const request = new Request('https://example.org/');
const rule: OriginRule = (origin, { url }) => new URL(url).origin === origin;
const origins: CorsRules['origin'][] = ['*', 'https://a.test', /a/, ['https://a.test', /a/] as const, rule, undefined];
export const all: Cors[] = [true, {}, ...origins.map((origin) => ({ origin }))];
const init: NoMoreEventsInit = {
  request,
  headers: [['a', 'b']],
  cors: { credentials: true, maxAge: 5, allowHeaders: ['A'], allowMethods: ['PUT'], exposeHeaders: ['B'] as const },
};
export const response: Response = noMoreEvents(init);
noMoreEvents();
// @ts-expect-error no cors is none at all
noMoreEvents({ request, cors: false });
// @ts-expect-error a promise would let everybody in
noMoreEvents({ request, cors: { origin: async () => true } });
// @ts-expect-error unknown member
noMoreEvents({ request, cors: { orign: '*' } });
