// EventSource: where it can go, and what its listeners get. Never run: it compiles, and each `@ts-expect-error` is an error.

import { EventSource, EventSourceError, EventSourceErrorEvent, ServerSentEvent } from 'eventsource-wasm';
import type { EventSourceEventMap, EventSourceInit } from 'eventsource-wasm';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => undefined;

// It goes wherever the browser's own does, the object and the class.
const source = new EventSource('/stream');
export const asNative: globalThis.EventSource = source;
export const asNativeClass: typeof globalThis.EventSource = EventSource;
export const asTarget: EventTarget = source;
export const useNative = (make: new (url: string, init?: { withCredentials?: boolean }) => globalThis.EventSource) =>
  make;
useNative(EventSource);

// Constants and attributes.
holds<Equal<typeof EventSource.CLOSED, 2>>();
holds<Equal<typeof source.OPEN, 1>>();
holds<Equal<typeof source.readyState, 0 | 1 | 2>>();
holds<Equal<typeof source.url, string>>();
holds<Equal<typeof source.withCredentials, boolean>>();
holds<Equal<typeof source.lastEventId, string>>();
holds<Equal<typeof source.response, Response | undefined>>();
// @ts-expect-error read-only
source.url = '';
// @ts-expect-error read-only
source.readyState = 1;
// @ts-expect-error read-only
source.lastEventId = '1';

// Beyond the standard.
source.reconnect();
for await (const event of source) {
  holds<Equal<typeof event, ServerSentEvent>>();
  break;
}
{
  await using scoped = new EventSource('/stream', { pauseWhenHidden: true });
  holds<Equal<typeof scoped, EventSource>>();
}

// Listeners.
source.addEventListener('open', (event) => holds<Equal<typeof event, Event>>());
source.addEventListener('message', (event) => holds<Equal<typeof event, MessageEvent<string>>>());
source.addEventListener('token', (event) => holds<Equal<typeof event.data, string>>());
source.addEventListener('error', (event) => {
  holds<Equal<typeof event, EventSourceErrorEvent>>();
  holds<Equal<typeof event.error, EventSourceError>>();
  holds<Equal<typeof event.error.willRetry, boolean>>();
  holds<Equal<typeof event.error.status, number | undefined>>();
});
source.addEventListener('message', function () {
  const self = this;
  holds<Equal<typeof self, EventSource>>();
});
const listener = (event: MessageEvent<string>) => event.data;
source.addEventListener('token', listener, { once: true });
source.removeEventListener('token', listener);
const failed = (event: EventSourceErrorEvent) => event.error;
source.addEventListener('error', failed);
source.removeEventListener('error', failed);
source.addEventListener('message', { handleEvent: (event: Event) => event.type });
// @ts-expect-error no data in an event `open`
source.addEventListener('open', (event) => event.data);
// @ts-expect-error data is text
source.addEventListener('message', (event: MessageEvent<number>) => event.data);
// @ts-expect-error a listener is no text
source.addEventListener('message', 'listener');

// Attributes.
source.onopen = (event) => holds<Equal<typeof event, Event>>();
source.onmessage = (event) => holds<Equal<typeof event, MessageEvent<string>>>();
source.onerror = (event) => holds<Equal<typeof event.error.code, EventSourceError['code']>>();
source.onmessage = function () {
  const self = this;
  holds<Equal<typeof self, EventSource>>();
};
source.onerror = null;
// @ts-expect-error no text
source.onmessage = 'listener';
// @ts-expect-error only EventSourceErrorEvent has an error
source.onmessage = (event: EventSourceErrorEvent) => event.error;

holds<Equal<keyof EventSourceEventMap, 'open' | 'message' | 'error'>>();

// The constructor.
new EventSource(new URL('https://example.org/'), null);
const init: EventSourceInit = { withCredentials: true, method: 'POST', body: 'x', retry: { delay: 5 } };
new EventSource('/stream', init);
new EventSource('/stream', { signal: ({} as RequestInit).signal });
// @ts-expect-error no URL
new EventSource();
// @ts-expect-error no URL
new EventSource(5);
// @ts-expect-error a boolean is expected
new EventSource('/stream', { withCredentials: 'yes' });
// @ts-expect-error unknown option
new EventSource('/stream', { heders: {} });
