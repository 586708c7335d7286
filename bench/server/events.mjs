// What every server sends.

/** Made beforehand, so that making strings is not what is measured. */
const TEXTS = Array.from(
  { length: 256 },
  (_, n) =>
    `{"id":"chatcmpl-${n}","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":" token${n}"},"finish_reason":null}]}`,
);

export const eventAt = (n) => ({ id: `${n}`, data: TEXTS[n % TEXTS.length] });

export function* eventsUpTo(count) {
  for (let n = 0; n < count; n++) yield eventAt(n);
}
