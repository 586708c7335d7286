/** What comes of work, or the signal's reason, whichever is first; it may abort within the work, too. */
export function unlessAborted<T>(work: () => T | Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
    Promise.resolve(work()).then(resolve, reject);
  });
}
