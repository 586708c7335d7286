/**
 * Compiles a module that came as text, a character a byte, each moved on by `shift` (the build picks the one that
 * compresses best). Storing modulo 256 takes it back.
 */
export function compile(text: string, shift: number): WebAssembly.Module {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at) - shift;
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
