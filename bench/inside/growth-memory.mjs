// The memory that work takes at one size: in a process of its own, as its highest mark never falls.

const memories = [];
const { Instance } = WebAssembly;
// The memory is no part of the package's surface, so it is seen when it is made.
WebAssembly.Instance = function (...args) {
  const instance = new Instance(...args);
  if (instance.exports.memory) memories.push(instance.exports.memory);
  return instance;
};

/** @returns bytes: what the process's highest mark has grown by, and the size of all wasm memory */
export default async function growthMemory({ way, size, name }) {
  const { CONTESTANTS, workOf } = await import('./growing.mjs');
  // What any work takes: code, a parser, a small event.
  workOf('event', 64)(CONTESTANTS[name]);
  const mark = () => process.resourceUsage().maxRSS * 1024;
  const before = mark();
  workOf(way, size)(CONTESTANTS[name]);
  return { grown: mark() - before, wasm: memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) };
}
