import { connect } from 'eventsource-wasm';

/** Sends a prompt and gives the answer piece by piece, as it comes. */
export async function* ask(url, prompt, getToken) {
  const stream = await connect(url, {
    method: 'POST',
    // Called for every attempt, so that a reconnection has a fresh token.
    headers: async () => ({ 'content-type': 'application/json', authorization: `Bearer ${await getToken()}` }),
    body: JSON.stringify({ prompt }),
  });
  for await (const event of stream) {
    if (event.data === '[DONE]') break; // closes the connection
    yield event.json().choices[0]?.delta.content ?? '';
  }
}
