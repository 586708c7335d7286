/** Waits until `condition()` is or resolves to true; the runner's own limit ends a wait that never is. */
export async function until(condition) {
  while (!(await condition())) await new Promise((done) => setTimeout(done, 5));
}
