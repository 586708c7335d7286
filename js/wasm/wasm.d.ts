/** Runtimes with the export condition `workerd` give a compiled module for such an import. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
