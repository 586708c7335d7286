/** What an iterator does with events before it gives them: ends at a sentinel, and checks data against a schema. */
import { EventSourceError } from './error.js';
import type { ServerSentEvent } from './event.js';

/** A schema of any library that carries out Standard Schema, version 1: of its interface, what is used here. */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** The value as the schema has made it, or what is wrong with it. */
export type SchemaResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong, and where. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** One schema for all events, or one for each event type that has one. */
export type EventSchema = StandardSchemaV1 | { readonly [type: string]: StandardSchemaV1 };

/** What {@link events} and {@link connect} take for what they give. */
export interface ReadOptions<S extends EventSchema | undefined = undefined> {
  /** Data that ends the iteration, such as `'[DONE]'`; the event that has it is not given. */
  sentinel?: string | undefined;
  /**
   * A Standard Schema (of Valibot, Zod, ArkType and others), or an object of them by event type. Data is read as JSON and
   * checked, and the event's `value` is what the schema makes of it. An event whose type has no schema is given as it is, with
   * the value `undefined`. Data that is not JSON, or does not fit, ends the iteration with `'invalid-data'`, behind the events
   * before it, and closes the source. Default: none.
   */
  schema?: S;
}

type Output<S extends StandardSchemaV1> = NonNullable<S['~standard']['types']>['output'];

/**
 * The type of an event that has no schema, where others do. At run time it is any string: this form keeps TypeScript from
 * taking it for one of the others, so that comparing `type` tells them apart.
 */
export type TypeWithoutSchema = `${string} (a type without a schema)`;

/** An event as a schema makes it; with schemas by event type, its `type` tells the type of its `value`. */
export type EventOf<S> = S extends StandardSchemaV1
  ? ServerSentEvent & { readonly value: Output<S> }
  : S extends { readonly [type: string]: StandardSchemaV1 }
    ? | { [T in keyof S & string]: ServerSentEvent & { readonly type: T; readonly value: Output<S[T]> } }[keyof S &
          string]
      | (ServerSentEvent & { readonly type: TypeWithoutSchema; readonly value: undefined })
    : ServerSentEvent;

type Batch = readonly ServerSentEvent[];

/** Pulls on, up to the sentinel or the first event that does not fit, and then calls `close`. */
export function refine<S extends EventSchema | undefined>(
  pull: () => Promise<Batch | undefined>,
  options: ReadOptions<S>,
  close: (reason?: unknown) => unknown,
): () => Promise<readonly EventOf<S>[] | undefined> {
  const refiner = refinerOf(options);
  let rest: Batch = [];
  const refined = async (): Promise<Batch | undefined> => {
    while (!refiner!.over) {
      if (!rest.length) {
        const batch = await pull();
        if (!batch) return undefined;
        rest = batch;
      }
      const given = await refiner!.take(rest);
      rest = refiner!.rest;
      // There is an end already: what closing fails with tells nothing more.
      if (refiner!.over) Promise.resolve(close(refiner!.failure)).catch(() => undefined);
      if (given.length) return given;
    }
    if (refiner!.failure) throw refiner!.failure;
    return undefined;
  };
  return (refiner ? refined : pull) as () => Promise<readonly EventOf<S>[] | undefined>;
}

function refinerOf({ sentinel, schema }: ReadOptions<EventSchema | undefined>): Refiner | undefined {
  if (sentinel === undefined && schema === undefined) return undefined;
  return new Refiner(sentinel, schema === undefined ? undefined : chooser(schema));
}

class Refiner {
  /** What is behind the events that `take` gave. */
  rest: Batch = [];
  /** At the sentinel, or with a failure. */
  over = false;
  failure: EventSourceError | undefined;
  readonly #sentinel: string | undefined;
  readonly #schemaOf: ((type: string) => StandardSchemaV1 | undefined) | undefined;

  constructor(sentinel: string | undefined, schemaOf: ((type: string) => StandardSchemaV1 | undefined) | undefined) {
    this.#sentinel = sentinel;
    this.#schemaOf = schemaOf;
  }

  /** The first events of a batch, checked. A schema that takes its time does not hold up what it has let through. */
  async take(batch: Batch): Promise<Batch> {
    const given: ServerSentEvent[] = [];
    let waiting: Promise<void> | undefined;
    let at = 0;
    while (!waiting && !this.over && at < batch.length) {
      const event = batch[at++]!;
      this.over = event.data === this.#sentinel;
      try {
        waiting = this.over ? undefined : this.#schemaOf && addValue(event, this.#schemaOf(event.type));
        if (waiting) await waiting;
      } catch (error) {
        this.over = true;
        this.failure = error as EventSourceError;
      }
      if (!this.over) given.push(event);
    }
    this.rest = batch.slice(at);
    return given;
  }
}

/** Which schema an event type has. */
function chooser(schema: EventSchema): (type: string) => StandardSchemaV1 | undefined {
  if (isSchema(schema)) return () => schema;
  if (typeof schema !== 'object' || schema === null) {
    throw new TypeError(`expected schema to be a Standard Schema or an object of them, found ${String(schema)}`);
  }
  const byType = new Map(Object.entries(schema));
  for (const [type, found] of byType) {
    if (!isSchema(found)) throw new TypeError(`expected schema.${type} to be a Standard Schema, found ${typeof found}`);
  }
  return (type) => byType.get(type);
}

function isSchema(value: unknown): value is StandardSchemaV1 {
  // Some libraries have schemas that are functions.
  return typeof (value as StandardSchemaV1 | null | undefined)?.['~standard']?.validate === 'function';
}

/** Gives an event its `value`; later, where the schema answers with a promise. */
function addValue(event: ServerSentEvent, schema: StandardSchemaV1 | undefined): Promise<void> | undefined {
  if (!schema) return set(event, undefined);
  const { type, data } = event;
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch (cause) {
    throw invalid(type, `JSON, found ${JSON.stringify(data.slice(0, 50))}`, cause);
  }
  const accept = (result: SchemaResult<unknown>): undefined => {
    if (!result.issues) return set(event, result.value);
    const [issue] = result.issues;
    const where = issue?.path?.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
    const found = (where ? `at ${where}: ` : '') + (issue?.message ?? 'an issue without a name');
    throw invalid(type, `what its schema allows, found ${found}`, result.issues);
  };
  const refuse = (cause: unknown): never => {
    throw invalid(type, 'what its schema allows, found that the schema throws', cause);
  };
  let result;
  try {
    result = schema['~standard'].validate(json);
  } catch (cause) {
    return refuse(cause);
  }
  return result instanceof Promise ? result.catch(refuse).then(accept) : accept(result);
}

function set(event: ServerSentEvent, value: unknown): undefined {
  Object.assign(event, { value });
}

function invalid(type: string, rest: string, cause: unknown): EventSourceError {
  return new EventSourceError('invalid-data', `expected the data of an event ${JSON.stringify(type)} to be ${rest}`, {
    cause,
  });
}
