/**
 * Where the API modules find the wasm. A loader (js/wasm/) says how to come by it, so that they need not know which artifact an
 * entry point brings, nor how it is compiled there. It is made when it is first used: a page that imports the package and opens no
 * stream yet does not pay for it.
 */

/**
 * What an artifact exports: functions on numbers, called as they are, and the memory that they work in. An address above 2 GiB
 * comes as a negative number.
 */
type Engine<Exports> = Exports & { readonly memory: WebAssembly.Memory };
export type ParserEngine = Engine<typeof import('./wasm/parser.exports.js')>;
export type ClientEngine = Engine<typeof import('./wasm/client.exports.js')>;
export type ServerEngine = Engine<typeof import('./wasm/server.exports.js')>;
// Live bindings, there once their `start…` has been called: a call for each use would be felt.
export let parserEngine: ParserEngine;
export let clientEngine: ClientEngine;
export let serverEngine: ServerEngine;

type Load = () => WebAssembly.Module;
let makeParser: () => ParserEngine;
let makeClient: () => ClientEngine;
let makeServer: () => ServerEngine;

export function installParser(load: Load): void {
  makeParser ??= () => instantiate(load);
}

/** The client's artifact has all that the parser's has, and serves both. */
export function installClient(load: Load): void {
  makeParser = makeClient = () => (clientEngine ??= instantiate(load));
}

export function installServer(load: Load): void {
  makeServer = () => instantiate(load);
}

// The first one of a kind stays: objects of two engines must not meet.
export function startParser(): void {
  parserEngine ??= makeParser();
}

export function startClient(): void {
  clientEngine ??= makeClient();
}

export function startServer(): void {
  serverEngine ??= makeServer();
}

function instantiate<T>(load: Load): T {
  return new WebAssembly.Instance(load()).exports as T;
}
