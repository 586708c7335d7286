/// <reference lib="esnext.disposable" preserve="true" />

/** What `await using` calls; where the host does not know that, a symbol that nobody has. */
export const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol();
