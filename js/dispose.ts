/// <reference lib="esnext.disposable" preserve="true" />

/** Has `await using` close an object of this class, where the host knows that. */
export function disposable<T extends object>(of: { readonly prototype: T }, close: (object: T) => unknown): void {
  const { asyncDispose } = Symbol;
  if (!asyncDispose) return;
  const value = async function (this: T): Promise<void> {
    await close(this);
  };
  Object.defineProperty(of.prototype, asyncDispose, { value, configurable: true, writable: true });
}
