/** What both `eventsource-wasm` and `eventsource-wasm/parser` have. */
export { createParser } from './create-parser.js';
export type { EventSourceParser, ParseOptions, ParserOptions } from './create-parser.js';
export { EventSourceError } from './error.js';
export type { EventSourceErrorCode, EventSourceErrorDetails } from './error.js';
export { ServerSentEvent } from './event.js';
export { events, EventSourceParserStream } from './events.js';
export type { EventsOptions, EventsSource, ParserStreamOptions } from './events.js';
export type { EventOf, EventSchema, ReadOptions, SchemaIssue, SchemaResult, StandardSchemaV1 } from './schema.js';
export type { TypeWithoutSchema } from './schema.js';
