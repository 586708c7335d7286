/**
 * Waits, and stops waiting when the stream has ended.
 * @param {number} ms
 * @param {AbortSignal} signal aborts when the stream has ended
 * @returns {Promise<void>} resolves in both cases; look at `signal.aborted` afterwards
 */
export function sleep(ms, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
