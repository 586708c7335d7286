/** What `eventsource-wasm/server` has. */
export { Channel } from './channel.js';
export type { ChannelInit, ChannelSnapshot, SubscribeInit } from './channel-init.js';
export type { ChannelStore, StoredEntry, StoredEvent, StoredPage } from './channel-store.js';
export type { Cors, CorsRules, OriginRule } from './cors.js';
export { EventSourceError } from './error.js';
export type { EventSourceErrorCode, EventSourceErrorDetails } from './error.js';
export { eventStream } from './event-stream.js';
export type { EventStreamInit, Produced, Producer } from './event-stream.js';
export { encode, EventEncoderStream } from './frames.js';
export type { EventInit } from './event-init.js';
export type { ChannelEvent, HistoryInit } from './log.js';
export { noMoreEvents } from './no-more-events.js';
export type { NoMoreEventsInit } from './no-more-events.js';
export type { Overflow } from './outbox.js';
export { lastEventId } from './respond.js';
export type { ResponseInit } from './respond.js';
export type { CloseReason, ServerStream } from './server-stream.js';
export type { Filter } from './subscriber.js';
