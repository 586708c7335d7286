// What the demo's "model" says. There is no model: the answers are this file's own text, chosen by the words of the
// prompt and varied by a seed, so that the same (prompt, seed) always gives the same tokens. That is all a resume needs.

/** @typedef {{ words: RegExp, text: string }} Topic */

/** @type {Topic[]} */
const topics = [
  {
    words: /resum|cut|drop|lost|lose|disconnect|reconnect|last-event-id/i,
    text: `A stream that is cut can go on where it stopped, because each event may carry an id. The reader remembers the id of the last event it received in full. When the connection breaks, it waits a little, connects again, and sends that id along in a header named Last-Event-ID. The server looks it up and continues with the next event.

Two details decide whether this is really without loss and without repeats. The first is when the id counts: only at the blank line that ends an event. If the wire is cut in the middle of an event, its id was perhaps already on the way, but the event was not delivered, so the reader must still report the one before. The second is that the server has to be able to find its way back. It can keep a window of recent events, or it can put into the id whatever it takes to make the rest again.

This answer does the latter. Its ids look like “3k9x.57”: a seed, and the number of the token. Press “Cut the connection” while it is being written. The server stops halfway through a frame and drops the line; a moment later a second request arrives with the last id, and the text continues with token 58 — not a word missing, not a word twice. The thin mark that stays behind in the text is where it happened. ✂️`,
  },
  {
    words: /websocket|socket|versus|\bvs\b|compare|differen|poll/i,
    text: `Server-Sent Events and WebSockets answer different questions. A WebSocket is a line that both sides may talk on at any time, in frames of text or bytes, after an upgrade that leaves HTTP behind. An event stream is an ordinary HTTP response that simply does not end yet. It runs one way, it is text, and everything that understands HTTP understands it: proxies, caches that know to stay out of the way, logs, authentication, compression, HTTP/2 and HTTP/3 with many streams over one connection.

If the traffic is mostly from the server to the reader — prices, progress, notifications, the tokens of an answer — the stream is the smaller tool. Reconnection is part of the standard, with ids to resume from and a waiting time that the server may set. What the reader has to say goes in the request: its method, its headers, its body.

If both sides talk all the time, or every byte is binary, take the socket. A game is a conversation; a news ticker is not. 🎾 📰

Long polling remains the honourable ancestor of both: one response per message, and a new request each time. It works everywhere and pays a round trip for each event, which is what streaming was invented to avoid.`,
  },
  {
    words: /hello|language|script|unicode|emoji|translate|greet/i,
    text: `Hello! An event stream is always UTF-8, so here are ten greetings, sent token by token:

Ελληνικά: Γειά σου, κόσμε.
Čeština: Ahoj, světe — příliš žluťoučký kůň.
Türkçe: Merhaba dünya, nasılsın?
Українська: Привіт, світе!
日本語: こんにちは、世界。ストリームは続く。
한국어: 안녕하세요, 세상!
简体中文: 你好,世界。一个字一个字地来。
हिन्दी: नमस्ते दुनिया।
Tiếng Việt: Xin chào thế giới.
Português: Olá, mundo, com atenção à acentuação.

And some that are harder than they look, as they take two, four or more code units each: 𝄞 𝕊𝕊𝔼, 🦀, 🛰️, 🏔️, 🇮🇸, 👩‍🚀.

A chunk of the response may end anywhere, also between two bytes of one character. Half of “é” may arrive now and the other half in a second. A reader that decodes each chunk on its own would show two replacement characters there; a correct one keeps the half until the rest arrives. If the connection is cut in between, the half is thrown away together with the unfinished event, and the resume brings the whole one.`,
  },
  {
    words: /edge|worker|wasm|webassembly|rust|server/i,
    text: `The handler that writes this runs in workerd, the open-source runtime of Cloudflare Workers: a function from a Request to a Response, with no server around it that one would have to keep alive. To stream, it returns a response whose body is a pull source: whenever the network has room, the next bytes are asked for. Nothing is written ahead without bound, and a slow reader slows the writer down.

Both ends share one core written in Rust and compiled to WebAssembly. On this side it checks and frames what is sent: an id must not contain a line break, a retry must be a whole number of milliseconds, data is split into lines whichever way its lines end. On the page's side it takes the chunks apart again and drives the connection: which status may be retried, how long to wait, what to send along the next time.

An edge is a good place for such a stream. It is near to the reader, so the first token arrives early; and it may be stopped at any time, so the handler keeps nothing that it could not make again. State that fits into an id does not need to live anywhere else. 🌍`,
  },
  {
    words: /.^/,
    text: `A long answer takes time to make, and there is no reason to make the reader wait for the end of it. Sent as a stream of small events, its first words arrive as soon as they exist. The total time stays the same; the time in which nothing happens almost disappears. ⚡

The format is as plain as it could be. A response with the type text/event-stream is a sequence of lines. “data:” carries the payload, “event:” names its kind, “id:” says where we are, and a blank line ends the event. A line that begins with a colon is a comment, which servers send now and then so that nobody on the way takes silence for death. That is nearly the whole of the standard, and it has not needed a second version.

The browser's own EventSource can only ask with GET and cannot set a header. Those who stream answers need both: the question goes into the body of a POST, and the token that allows it into a header. So they read the stream by hand with fetch, and many then find out one by one what the old class did for them: the reconnecting, the ids, the waiting, the line that ends in the middle of a chunk. This page does it with one that keeps the class and opens up the request — naïvely simple, as it should be.`,
  },
];

const openers = [
  (/** @type {string} */ quoted) =>
    `You asked: ${quoted}. There is no model behind this page; here is what its worker has to say.\n\n`,
  (/** @type {string} */ quoted) =>
    `${quoted} — good question. No model is asked for it: the text below belongs to the worker itself.\n\n`,
  (/** @type {string} */ quoted) => `On ${quoted}, from a worker without a model, in its own words.\n\n`,
];

/**
 * The full answer to a prompt.
 * @param {string} prompt what was asked
 * @param {number} seed a whole number; varies the opening
 * @returns {string}
 */
export function compose(prompt, seed) {
  const topic = topics.find((candidate) => candidate.words.test(prompt)) ?? topics[topics.length - 1];
  const asked = [...prompt.trim().replace(/\s+/gu, ' ')];
  const quoted = `“${asked.length > 80 ? `${asked.slice(0, 79).join('')}…` : asked.join('')}”`;
  return openers[seed % openers.length](quoted) + topic.text;
}

/**
 * Cuts a text into tokens of the length that language models use: a word or a piece of one with the space before it.
 * Joined together they are the text again.
 * @param {string} text
 * @returns {string[]}
 */
export function tokenize(text) {
  return text.match(/\s*(?:[\p{L}\p{N}\p{M}]{1,6}|[^\s\p{L}\p{N}]{1,4})|\s+/gu) ?? [];
}

/**
 * FNV-1a over UTF-16 code units, as 8 hex digits. The last frame carries it, so that the page can tell that what it
 * put together, over however many connections, is the text that was sent.
 * @param {string} text
 * @returns {string}
 */
export function fingerprint(text) {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
