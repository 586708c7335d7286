// What a schema makes of events. Never run: it compiles, and each `@ts-expect-error` is an error.

import { connect, events } from 'eventsource-wasm';
import type { EventOf, EventStream, ServerSentEvent, StandardSchemaV1 } from 'eventsource-wasm';
import { number, object, pipe, string, transform } from 'valibot';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => undefined;

// Made by hand, as any library may: text in, a date out.
declare const date: StandardSchemaV1<string, Date>;
declare const count: {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: 'by hand';
    readonly validate: (value: unknown) => Promise<{ value: { n: number } } | { issues: [{ message: string }] }>;
    readonly types?: { readonly input: unknown; readonly output: { n: number } };
  };
};
const response = new Response('');

// One schema for all types.
for await (const event of events(response, { schema: date })) {
  holds<Equal<typeof event.value, Date>>();
  holds<Equal<typeof event.type, string>>();
  export_(event);
  // @ts-expect-error read-only
  event.value = new Date();
}
const stream = await connect('/', { schema: count, sentinel: '[DONE]', method: 'POST' });
for await (const event of stream) holds<Equal<typeof event.value, { n: number }>>();

// One for each type: `type` tells them apart.
for await (const event of await connect('/', { schema: { message: date, count } })) {
  export_(event);
  if (event.type === 'message') holds<Equal<typeof event.value, Date>>();
  else if (event.type === 'count') holds<Equal<typeof event.value, { n: number }>>();
  else holds<Equal<typeof event.value, undefined>>();
  switch (event.type) {
    case 'message':
      event.value.getTime();
      break;
    case 'count':
      event.value.n.toFixed();
      // @ts-expect-error no Date
      event.value.getTime();
      break;
    default:
      holds<Equal<typeof event.value, undefined>>();
      event.type.toUpperCase();
  }
  // @ts-expect-error no schema has this type
  if (event.type === 'cuont') event.json();
}

// Of a library.
const price = pipe(
  object({ price: string() }),
  transform(({ price }) => Number(price)),
);
for await (const event of events(response, { schema: price })) holds<Equal<typeof event.value, number>>();
for await (const event of events(response, { schema: { price, n: number() } })) {
  if (event.type === 'price' || event.type === 'n') holds<Equal<typeof event.value, number>>();
}

// None, and perhaps one.
for await (const event of events(response, {})) holds<Equal<typeof event, ServerSentEvent>>();
for await (const event of events(response, { schema: undefined })) holds<Equal<typeof event, ServerSentEvent>>();
const perhaps = Math.random() > 0.5 ? count : undefined;
for await (const event of events(response, { schema: perhaps })) {
  // @ts-expect-error perhaps there is no value
  event.value;
  if ('value' in event) holds<Equal<typeof event.value, { n: number }>>();
}

// Given on by a function of the caller's.
async function first<S extends StandardSchemaV1>(schema: S): Promise<EventOf<S> | undefined> {
  for await (const event of await connect('/', { schema })) return event;
  return undefined;
}
const found = await first(count);
holds<Equal<NonNullable<typeof found>['value'], { n: number }>>();
export const asStream: EventStream<EventOf<typeof count>> = stream;
export const asPlainEvents: AsyncIterable<ServerSentEvent> = stream;

// @ts-expect-error text is no schema
events(response, { schema: 'count' });
// @ts-expect-error a function is no schema
events(response, { schema: (value: unknown) => value });
// @ts-expect-error a validator alone is no schema
await connect('/', { schema: { count: { validate: () => true } } });
// @ts-expect-error one of them is no schema
await connect('/', { schema: { count, date: 5 } });
// @ts-expect-error of another version
await connect('/', { schema: { '~standard': { version: 2, vendor: '', validate: () => ({ value: 1 }) } } });
// @ts-expect-error a sentinel is text
await connect('/', { sentinel: /DONE/ });

function export_(event: ServerSentEvent): void {
  event.json();
}
