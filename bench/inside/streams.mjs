// Streams to parse, made here, and how a stream is cut into chunks.

const encoder = new TextEncoder();

const llm = (n) =>
  `data: {"id":"chatcmpl-${n}","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":" token${n}"},"finish_reason":null}]}\n\n`;
const cjk = (n) => `id: ${n}\nevent: 更新\ndata: {"文":"サーバーから送られてくる出来事その${n}、流れは続く"}\n\n`;
const lines = (n) => Array.from({ length: 40 }, (_, line) => `data: line ${line} of event ${n}\n`).join('');

const KINDS = {
  llm: [400, llm],
  cjk: [400, cjk],
  tiny: [1000, (n) => `data: ${n % 10}\n\n`],
  named: [400, (n) => `event: tick\nid: ${n}\ndata: {"n":${n},"price":${n * 3}}\n\n`],
  crlf: [400, (n) => llm(n).replaceAll('\n', '\r\n')],
  comments: [400, (n) => `: keep-alive ${n}\n\n: another line of comment\ndata: ${n}\n\n`],
  multiline: [100, (n) => `${lines(n)}\n`],
  '64 KB': [8, (n) => `data: ${`${n}`.repeat(64 * 1024)}\n\n`],
  '1 MB': [1, (n) => `data: ${`${n}`.repeat(1024 * 1024)}\n\n`],
};

/** Kinds whose events are larger than 16 KB. */
export const LARGE = ['64 KB', '1 MB'];

/** @returns {{ name: string, frames: Uint8Array[] }[]} the streams made here and those given, an event a frame */
export function streams(given) {
  const made = Object.entries(KINDS).map(([name, [count, make]]) => ({
    name,
    frames: Array.from({ length: count }, (_, n) => make(n)),
  }));
  return [...given, ...made].map(({ name, frames }) => ({ name, frames: frames.map((text) => encoder.encode(text)) }));
}

/** @returns {Uint8Array[]} the stream in chunks of so many bytes; an event a chunk for `'event'` */
export function chunksOf(frames, size) {
  if (size === 'event') return frames;
  const total = frames.reduce((sum, frame) => sum + frame.length, 0);
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const frame of frames) {
    bytes.set(frame, at);
    at += frame.length;
  }
  return Array.from({ length: Math.ceil(total / size) }, (_, n) => bytes.slice(n * size, (n + 1) * size));
}
