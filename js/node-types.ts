/**
 * What is used of Node's objects. Written down here, so that one listener fits `node:http`, `node:https`, the compatibility API of
 * `node:http2` and frameworks that add to their objects, and so that the entry's types need no `@types/node`.
 */

type Listen = (event: string, listener: (value: Uint8Array) => void) => unknown;

/** A request, as `IncomingMessage` and `Http2ServerRequest` are. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly rawHeaders: readonly string[];
  readonly httpVersion: string;
  readonly socket: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean };
  /** Whether somebody has read of the body. */
  readonly readableDidRead: boolean;
  readonly on: Listen;
  readonly pause: () => unknown;
  readonly resume: () => unknown;
}

/** A response, as `ServerResponse` and `Http2ServerResponse` are. */
export interface NodeResponse {
  statusCode: number;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  readonly writableFinished: boolean;
  readonly getHeader: (name: string) => number | string | string[] | undefined;
  readonly setHeader: (name: string, value: number | string | string[]) => unknown;
  readonly removeHeader: (name: string) => unknown;
  readonly write: (chunk: Uint8Array) => boolean;
  readonly end: () => unknown;
  readonly on: Listen;
}

/** What only some of them have. */
export interface RequestExtras {
  /** Where Express and Connect keep the URL when they cut the path of a mounted app off. */
  readonly originalUrl?: string;
  /** What a body parser has made of the body; `rawBody` is its bytes. */
  readonly body?: unknown;
  readonly rawBody?: unknown;
  readonly aborted?: boolean;
  readonly errored?: Error | null;
  readonly stream?: { readonly endAfterHeaders?: boolean };
}

/** What only some of them have. */
export interface ResponseExtras {
  statusMessage?: string;
  readonly destroyed?: boolean;
  readonly writableNeedDrain?: boolean;
  /** All have it; the types of HTTP/2 do not tell. */
  readonly flushHeaders?: () => unknown;
  /** Of the middleware `compression`: lets what it holds back leave. */
  readonly flush?: () => unknown;
  readonly socket?: {
    readonly encrypted?: boolean;
    readonly setNoDelay: (on: boolean) => unknown;
    readonly resetAndDestroy: () => unknown;
    readonly destroy: () => unknown;
    readonly destroySoon: () => unknown;
  } | null;
  /** Of HTTP/2. */
  readonly stream?: {
    readonly destroyed: boolean;
    readonly write: (text: string, written: () => void) => unknown;
    readonly close: (code: number) => unknown;
  };
}
