/** How much of a refused response's body an error carries, in bytes, and how long in milliseconds to wait for it. */
const MAX_BODY = 64 * 1024;
const MAX_WAIT = 1000;

/** The beginning of the body of a response that opens no stream, as text. */
export async function readRefused(response: Response): Promise<string> {
  // A caller's fetch may have read it already.
  if (!response.body || response.body.locked) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let [text, left] = ['', MAX_BODY];
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), MAX_WAIT);
  try {
    while (left > 0) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value.subarray(0, left), { stream: true });
      left -= value.length;
    }
  } catch {
    // What came before the body broke off is still worth having.
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => undefined);
  }
  return text + decoder.decode();
}
