// What must not happen while streams come and go: rejections that nobody handles, errors that nobody catches, and output.

export const faults = [];

const tell = (what) => (error) => void faults.push(`${what}: ${String(error?.stack ?? error)}`);

export function watchFaults() {
  if (globalThis.process?.on && !globalThis.Deno) {
    process.on('unhandledRejection', tell('unhandled rejection'));
    process.on('uncaughtException', tell('uncaught exception'));
  } else {
    addEventListener('unhandledrejection', (event) => {
      event.preventDefault();
      tell('unhandled rejection')(event.reason);
    });
    addEventListener('error', (event) => {
      event.preventDefault();
      tell('uncaught exception')(event.error);
    });
  }
  for (const kind of ['error', 'warn']) console[kind] = (...values) => void faults.push(`${kind}: ${values.join(' ')}`);
}
