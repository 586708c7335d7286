/** The longest delay that a timer holds, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/**
 * Rings once `limit` milliseconds have passed since the moment that `since` tells, of `performance.now()`; while it tells none,
 * time stands still. What it returns turns it off. It is one timer, however often that moment moves.
 */
export function alarm(limit: number | undefined, since: () => number | undefined, ring: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (over?: number): void => {
    const from = since();
    const left = from === undefined ? limit! : from + limit! - performance.now();
    // What came while the thread was busy may still be waiting behind this timer: it rings when a second look finds the same.
    if (left <= 0 && over === from) ring();
    else timer = setTimeout(look, Math.min(Math.max(left, 0), LONGEST), left <= 0 ? from : undefined);
  };
  if (limit !== undefined) look();
  return () => clearTimeout(timer);
}
