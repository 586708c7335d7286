/** Node's request as a `Request`. */
import type { NodeRequest, RequestExtras } from './node-types.js';

/** A request that is not one of HTTP's, or that no `Request` can be: answered with 400. */
export class BadRequest extends Error {}

/**
 * @param origin what the URL begins with, in place of what the client and the connection say
 * @param signal aborts the request
 * @param over resolves at the end of the exchange, with an error for who still reads the body
 * @throws BadRequest for what a client can send, and no `Request` can be
 */
export function toRequest(
  incoming: NodeRequest,
  origin: string | undefined,
  signal: AbortSignal,
  over: Promise<Error>,
): Request {
  const headers = new Headers();
  const { rawHeaders, method = 'GET' } = incoming;
  try {
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const name = rawHeaders[at]!;
      // HTTP/2 has its pseudo-headers among them.
      if (!name.startsWith(':')) headers.append(name, rawHeaders[at + 1]!);
    }
    const host = incoming.headers[':authority'] ?? incoming.headers['host'];
    if (typeof host === 'string' && !headers.has('host')) headers.set('host', host);
    const body = method === 'GET' || method === 'HEAD' ? null : bodyOf(incoming, over);
    // Without `duplex` a stream is refused.
    const init = { method, headers, signal, body, duplex: 'half' };
    return new Request(urlOf(incoming, origin, host), init);
  } catch (cause) {
    throw new BadRequest('expected a request that fetch could have made, found another', { cause });
  }
}

function urlOf(incoming: NodeRequest & Partial<RequestExtras>, fixed: string | undefined, host: unknown): URL {
  const target = incoming.originalUrl ?? incoming.url ?? '/';
  const scheme = incoming.socket.encrypted ? 'https' : 'http';
  // What a proxy is sent has a URL there, whose host counts for more than the header's.
  const absolute = /^https?:/i.test(target) ? new URL(target) : undefined;
  // HTTP/1.0 may come without a host.
  const origin =
    fixed ?? originOf(`${scheme}://${absolute ? absolute.host : typeof host === 'string' ? host : 'localhost'}`);
  if (absolute) return new URL(origin + absolute.pathname + absolute.search);
  // Joined as text: resolved against the origin, "//other.example/" would be another host. OPTIONS may have an asterisk.
  return new URL(origin + (target.startsWith('/') ? target : `/${target}`));
}

/**
 * An origin as URLs write it.
 *
 * @throws TypeError when it is none, or has more than one
 */
export function originOf(text: string): string {
  // A URL would take the characters that are left out here, and make a path or a user of what is behind or before them.
  const host = /^https?:\/\/([^/?#@\\\s]+)\/?$/i.test(text) ? text : '';
  try {
    return new URL(host).origin;
  } catch {
    throw new TypeError(`expected an origin, such as "https://example.com", found ${JSON.stringify(text)}`);
  }
}

type Body = ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer> | string | null;

function bodyOf(incoming: NodeRequest & Partial<RequestExtras>, over: Promise<Error>): Body {
  const { headers, stream } = incoming;
  const length = headers['content-length'];
  const none = stream ? stream.endAfterHeaders : length === undefined ? !headers['transfer-encoding'] : length === '0';
  if (none) return null;
  if (!incoming.readableDidRead) return new ReadableStream(new BodySource(incoming, over), { highWaterMark: 0 });
  const read = incoming.rawBody ?? incoming.body;
  // By what it is, not by `instanceof`: test runners have realms of their own.
  if (ArrayBuffer.isView(read)) return read as Uint8Array<ArrayBuffer>;
  if (typeof read === 'string') return read;
  if (read !== undefined && /\bjson\b/i.test(String(headers['content-type']))) return JSON.stringify(read);
  // The handler may do without it.
  const error = new TypeError(
    'expected a body that nobody has read, found that something before the handler has read it',
  );
  return new ReadableStream({ pull: (controller) => controller.error(error) }, { highWaterMark: 0 });
}

/** The body as it comes. Untouched until somebody reads it: what is untouched Node drops by itself. */
class BodySource implements UnderlyingDefaultSource<Uint8Array<ArrayBuffer>> {
  readonly #incoming: NodeRequest & Partial<RequestExtras>;
  readonly #over: Promise<Error>;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  #ended = false;

  constructor(incoming: NodeRequest, over: Promise<Error>) {
    this.#incoming = incoming;
    this.#over = over;
  }

  pull(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): void {
    if (!this.#controller) this.#listen();
    this.#controller = controller;
    this.#incoming.resume();
  }

  cancel(): void {
    this.#ended = true;
    // What still comes is dropped, so that the connection can be used again.
    this.#incoming.resume();
  }

  #listen(): void {
    const incoming = this.#incoming;
    incoming.on('data', ({ buffer, byteOffset, byteLength }) => {
      if (this.#ended) return;
      incoming.pause();
      // A view of its own: those of a Buffer have methods that differ.
      this.#controller!.enqueue(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
    });
    // HTTP/2 ends a request that is broken off, too.
    incoming.on('end', () => incoming.aborted || this.#end());
    incoming.on('error', (error) => this.#end(error));
    void this.#over.then((error) => {
      this.#end(error);
      incoming.resume();
    });
  }

  #end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    if (error === undefined) this.#controller!.close();
    else this.#controller!.error(error);
  }
}
