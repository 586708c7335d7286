/** A request's answer: the response, and the writer of its body. */
import { addCors, type Cors, cors } from './cors.js';
import { checkOverflow, type Keys, type Overflow } from './outbox.js';
import { MAX_TIMER, StreamWriter } from './stream-writer.js';

/** What each response that is an event stream takes. */
export interface ResponseInit {
  /** Further headers of the response; those that make it an event stream are added. */
  headers?: HeadersInit | undefined;
  /**
   * Which pages of other origins may read the stream, and come back with `Last-Event-ID`: `true` for all, without credentials, or
   * rules. A preflight is answered, and goes to no producer.
   */
  cors?: Cors | undefined;
  /** The status; default 200, the only one that an `EventSource` reads. */
  status?: number | undefined;
  /**
   * After so many milliseconds without a byte a comment is sent, so that proxies keep the connection and a reader that has
   * left is noticed; `false` for never. Default 15,000; on Bun 7,000, as its server closes connections that are silent for 8 s.
   */
  heartbeat?: number | false | undefined;
  /** The reconnection time to tell the reader: a whole number of milliseconds. */
  retry?: number | undefined;
  /** From so many bytes on that wait for the reader, `overflow` says what happens. Default 65,536. */
  maxBuffer?: number | undefined;
  /** What happens to an event while `maxBuffer` bytes wait for the reader or more. */
  overflow?: Overflow | undefined;
  /**
   * When the stream ends at the latest: so many milliseconds from now, or at a date, such as when a token expires. The reader is
   * told a reconnection time of its own then, around `retry`, so that not all readers come back at once.
   */
  maxDuration?: number | Date | undefined;
  /**
   * The handler context's `waitUntil`, as `(promise) => ctx.waitUntil(promise)`: keeps the runtime going until the stream has
   * ended and its producer is through, also when the reader leaves.
   */
  waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
}

/** Bun's server counts its `idleTimeout` of 10 s in steps of 4 s, so that 8 s may be enough. */
const DEFAULT_HEARTBEAT = 'Bun' in globalThis ? 7000 : 15_000;
const DEFAULT_MAX_BUFFER = 64 * 1024;

/** A response and the writer of its body; none for a preflight. */
export interface Answer {
  response: Response;
  writer: StreamWriter | undefined;
}

/**
 * Makes the response, which ends when the request is aborted.
 *
 * @throws TypeError, RangeError or EventSourceError when an option is not what it should be.
 */
export function respond(request: Request, init: ResponseInit, keys?: Keys): Answer {
  checkFunctions({ waitUntil: init.waitUntil });
  const headers = headersOf(init.headers);
  const answer = init.cors === undefined ? undefined : cors(request, init.cors);
  if (answer?.preflight) {
    return { response: new Response(null, { status: 204, headers: answer.headers }), writer: undefined };
  }
  if (answer) addCors(headers, answer);
  const writer = new StreamWriter({
    lastEventId: lastEventId(request),
    heartbeat: period('heartbeat', init.heartbeat === false ? 0 : (init.heartbeat ?? DEFAULT_HEARTBEAT)),
    maxBuffer: period('maxBuffer', init.maxBuffer ?? DEFAULT_MAX_BUFFER),
    overflow: checkOverflow(init.overflow ?? 'wait'),
    retry: init.retry,
    deadline: deadline(init.maxDuration),
    keys,
  });
  const response = orEnd(writer, () => new Response(writer.body, { status: init.status ?? 200, headers }));
  const signal = signalOf(request);
  const abort = (): void => writer.end({ code: 'aborted', cause: signal?.reason });
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  void writer.closed.then(() => signal?.removeEventListener('abort', abort));
  return { response, writer };
}

/**
 * What aborts a request. Not for those of Deno's own server: that aborts them also once they have been answered, warns of whoever
 * looks, and cancels the body when the client leaves. They are told from a handler's own by headers that cannot be changed.
 */
function signalOf(request: Request): AbortSignal | undefined {
  if (!('Deno' in globalThis)) return request.signal;
  try {
    request.headers.delete('x-there-is-none');
  } catch {
    return undefined;
  }
  return request.signal;
}

/** Does what there is to do for a response. Where that throws, no one will ever read it. */
export function orEnd<T>(writer: StreamWriter, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    writer.end({ code: 'cancelled', cause });
    throw cause;
  }
}

/** Throws for an option that is given and no function. */
export function checkFunctions(options: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || typeof value === 'function') continue;
    throw new TypeError(`expected ${name} to be a function, found ${typeof value}`);
  }
}

/** Where a reader wants to go on: the `Last-Event-ID` header, or the `lastEventId` query parameter; else empty. */
export function lastEventId(request: Request): string {
  const header = request.headers.get('last-event-id');
  if (header === null) return new URL(request.url).searchParams.get('lastEventId') ?? '';
  // [spec] The header has the id's UTF-8 bytes; a `Headers` gives each as a character. Runtimes that decode them themselves
  // give other characters.
  const bytes = Uint8Array.from(header, (character) => character.charCodeAt(0));
  try {
    return /[^\0-\xff]/.test(header) ? header : utf8.decode(bytes);
  } catch {
    return header;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function headersOf(init: HeadersInit | undefined): Headers {
  const headers = new Headers(init);
  headers.set('content-type', 'text/event-stream');
  // no-transform keeps proxies from compressing, and so from holding events back; X-Accel-Buffering is nginx's word for it.
  headers.set('cache-control', 'no-cache, no-transform');
  headers.set('x-accel-buffering', 'no');
  for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'content-encoding']) {
    headers.delete(name);
  }
  return headers;
}

export function period(name: string, value: number): number {
  if (typeof value === 'number' && value >= 0) return Math.min(value, MAX_TIMER);
  throw new RangeError(`expected ${name} to be a number that is not negative, found ${String(value)}`);
}

function deadline(maxDuration: number | Date | undefined): number | undefined {
  if (maxDuration === undefined) return undefined;
  if (maxDuration instanceof Date && !Number.isNaN(maxDuration.getTime())) return maxDuration.getTime();
  if (typeof maxDuration === 'number' && maxDuration >= 0) return Date.now() + maxDuration;
  throw new RangeError(`expected maxDuration to be milliseconds or a date, found ${String(maxDuration)}`);
}
