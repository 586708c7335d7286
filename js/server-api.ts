/** What `eventsource-wasm/server` has. */
export { EventSourceError } from './error.js';
export type { EventSourceErrorCode, EventSourceErrorDetails } from './error.js';
export { eventStream, lastEventId } from './event-stream.js';
export type { CloseReason, EventStreamInit, Producer, ServerStream } from './event-stream.js';
export { encode, EventEncoderStream } from './frames.js';
export type { EventInit } from './frames.js';
