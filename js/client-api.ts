/** What `eventsource-wasm` has beyond `eventsource-wasm/parser`. */
export { connect, EventStream } from './connect.js';
export { EventSource, EventSourceErrorEvent } from './event-source.js';
export type { EventSourceEventMap, EventSourceInit } from './event-source.js';
export type { EventIterator } from './inbox.js';
export type { ConnectInit, ForAttempt, RetryContext, RetryFunction, RetryOptions } from './options.js';
