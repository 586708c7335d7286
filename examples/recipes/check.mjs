import { connect } from 'eventsource-wasm';
import { number, object, string } from 'valibot';

const schema = {
  delta: object({ text: string() }),
  usage: object({ tokens: number() }),
};

/** The text of an answer, piece by piece. Ends at the sentinel, and throws at the first event that is not what it should be. */
export async function* answer(url, prompt, onUsage) {
  for await (const event of await connect(url, { body: prompt, schema, sentinel: '[DONE]' })) {
    // In TypeScript too the type of an event tells that of its value.
    if (event.type === 'delta') yield event.value.text;
    else if (event.type === 'usage') onUsage(event.value.tokens);
  }
}
