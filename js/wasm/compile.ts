/** What the build has taken each byte from, so that the text compresses well (scripts/lib/embed.mjs). */
const MIRROR = 122;

/** Compiles a module that came as text, a character a byte. Storing modulo 256 undoes the overflow. */
export function compile(text: string): WebAssembly.Module {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = MIRROR - text.charCodeAt(at);
  try {
    return new WebAssembly.Module(bytes);
  } catch (cause) {
    const error = new Error(
      `eventsource-wasm: expected to compile WebAssembly here, found: ${String(cause)}. In a page, the content security ` +
        "policy needs 'wasm-unsafe-eval' in script-src; in Workers, bundle with the export condition 'workerd'.",
      { cause },
    );
    throw Object.assign(error, { code: 'wasm-refused' });
  }
}
