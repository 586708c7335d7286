// The backlogs that are read: streams of small events, as a language model or a counter sends them.

/** Servers that coalesce send up to so many bytes a write; most of them send each event for itself. */
const WRITE = 16 * 1024;

const llm = (n) =>
  `{"id":"chatcmpl-${n}","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":" token${n}"},"finish_reason":null}]}`;
const tiny = (n) => `${n % 10}`;

export const STREAMS = {
  llm: { title: 'LLM, 16 KB a write', data: llm, write: WRITE },
  single: { title: 'LLM, an event a write', data: llm, write: 0 },
  tiny: { title: 'tiny, 16 KB a write', data: tiny, write: WRITE },
};

/** What every contestant has to find in the first events of a stream. */
export function expected(stream, count) {
  return Array.from({ length: count }, (_, n) => ['message', STREAMS[stream].data(n)]);
}

/**
 * A whole HTTP response, head and framing included, so that the server only copies it to the socket and is never what is
 * measured.
 */
export function response(stream, count, headers) {
  const { data, write } = STREAMS[stream];
  const pieces = [`HTTP/1.1 200 OK\r\n${headers.join('\r\n')}\r\ntransfer-encoding: chunked\r\n\r\n`];
  let chunk = '';
  for (let n = 0; n < count; n++) {
    chunk += `data: ${data(n)}\n\n`;
    if (chunk.length < write && n < count - 1) continue;
    // All ASCII: units are bytes.
    pieces.push(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
    chunk = '';
  }
  pieces.push('0\r\n\r\n');
  return Buffer.from(pieces.join(''), 'latin1');
}
