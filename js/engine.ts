/**
 * Where the API modules find the wasm. A loader (js/wasm/) puts it here before any of them runs, so that they need not
 * know which artifact an entry point brings, nor how it is compiled there.
 */

/** What an artifact exports: functions on numbers, and the memory that they work in. */
type Engine<Glue> = Omit<Glue, 'initSync'> & { readonly memory: WebAssembly.Memory };
export type ParserEngine = Engine<typeof import('./wasm/parser.glue.js')>;
export type ClientEngine = Engine<typeof import('./wasm/client.glue.js')>;
export type ServerEngine = Engine<typeof import('./wasm/server.glue.js')>;
// Live bindings: read them when they are used, not at the top of a module.
export let parserEngine: ParserEngine;
export let clientEngine: ClientEngine;
export let serverEngine: ServerEngine;

/** The first one of a kind stays: objects of two engines must not meet. */
export function installParser(make: () => ParserEngine): void {
  parserEngine ??= make();
}

/** The client's artifact has all that the parser's has, and serves both where it comes first. */
export function installClient(make: () => ClientEngine): void {
  clientEngine ??= make();
  parserEngine ??= clientEngine;
}

export function installServer(make: () => ServerEngine): void {
  serverEngine ??= make();
}
