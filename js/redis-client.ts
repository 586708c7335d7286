/** The two clients of Redis that a store may be given, behind one function that sends a command. */

/** What is needed of a client of the package `redis` (node-redis), from version 5 on. */
export interface NodeRedis {
  sendCommand(command: readonly string[]): Promise<unknown>;
  duplicate(overrides?: object): NodeRedis;
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  readonly options?: { readonly socket?: object | undefined } | undefined;
}

/** What is needed of a client of the package `ioredis`, from version 5 on. */
export interface IoRedis {
  call(command: string, ...parameters: string[]): Promise<unknown>;
  duplicate(overrides?: object): IoRedis;
  connect(): Promise<unknown>;
  disconnect(): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export type RedisClient = NodeRedis | IoRedis;

/** Sends a command; resolves with what Redis answers. */
export type Send = (command: readonly [string, ...string[]]) => Promise<unknown>;

/** A connection of its own. */
export interface Connection {
  readonly send: Send;
  /** Resolves when it is there. It is lost for good when it breaks off: whoever has opened it opens another. */
  open(): Promise<unknown>;
  /** Ends it at once; what waits for an answer rejects. */
  close(): void;
}

/** @throws TypeError when it is none of the two. */
export function sender(client: RedisClient): Send {
  // The one with `call` has a `sendCommand` of another kind.
  if ('call' in client) return ([name, ...parameters]) => client.call(name, ...parameters);
  if (typeof client?.sendCommand === 'function') return (command) => client.sendCommand(command);
  throw new TypeError('expected a client of redis or ioredis, found something else');
}

/** A connection to the same server, by the same options. */
export function another(client: RedisClient): Connection {
  const own = 'call' in client ? duplicateOfIoRedis(client) : duplicateOfNodeRedis(client);
  // Without a listener one of the clients throws it, the other one logs it. What waits for an answer is told as well.
  let reason: unknown;
  own.client.on('error', (error) => (reason ??= error));
  const because = (error: unknown): never => {
    throw reason ?? error;
  };
  const send = sender(own.client);
  let opening: Promise<unknown> = Promise.resolve();
  return {
    send: (command) => send(command).catch(because),
    open: () => (opening = own.client.connect().catch(because)),
    // A client that is told to while it connects may connect nevertheless. One that is not connected has nothing to end.
    close: () => void opening.then(own.end).catch(() => undefined),
  };
}

function duplicateOfIoRedis(given: IoRedis): { client: IoRedis; end: () => void } {
  const client = given.duplicate({ lazyConnect: true, retryStrategy: null, commandTimeout: undefined });
  return { client, end: () => client.disconnect() };
}

function duplicateOfNodeRedis(given: NodeRedis): { client: NodeRedis; end: () => void } {
  const client = given.duplicate(given.options && { socket: { ...given.options.socket, reconnectStrategy: false } });
  return { client, end: () => client.destroy() };
}
