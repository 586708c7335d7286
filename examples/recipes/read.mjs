import { events } from 'eventsource-wasm/parser';

/** Puts the text of a streamed completion together, with a request of your own. */
export async function complete(url, request) {
  const response = await fetch(url, request);
  if (!response.ok) throw new Error(`expected a completion, found status ${response.status}`);
  let text = '';
  for await (const event of events(response, { sentinel: '[DONE]' })) {
    text += event.json().choices[0]?.delta.content ?? '';
  }
  return text;
}
