// As in scripts/lib/embed.mjs: a character is a byte of the first page, or the page of the byte that the next one is.
const BASE = 247;
const FIRST = 32;
const PAGE = 93;

/** Compiles a module that came as text. */
export function compile(text: string): WebAssembly.Module {
  const bytes = new Uint8Array(text.length);
  let [length, page] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const value = text.charCodeAt(at) - FIRST;
    if (value >= PAGE) {
      page = value - PAGE + 1;
    } else {
      // Storing modulo 256 is part of it.
      bytes[length++] = BASE + page * PAGE + value;
      page = 0;
    }
  }
  try {
    return new WebAssembly.Module(bytes.subarray(0, length));
  } catch (cause) {
    const error = new Error(
      `eventsource-wasm: expected to compile WebAssembly, found ${String(cause)}. Pages need ` +
        "'wasm-unsafe-eval' in script-src, Workers the export condition 'workerd'.",
      { cause },
    );
    throw Object.assign(error, { code: 'wasm-refused' });
  }
}
