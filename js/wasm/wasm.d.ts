/** Runtimes with the export condition `workerd` give a compiled module for such an import. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

/** And those with the condition `edge-light` for such a one. */
declare module '*.wasm?module' {
  const module: WebAssembly.Module;
  export default module;
}
