// What is parsed: streams made here, and recordings in the folder that SSE_STREAMS names.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const encoder = new TextEncoder();

/** @returns {{ name: string, frames: Uint8Array[] }[]} each stream, an event a frame */
export function streams() {
  return [...made(), ...recorded()];
}

function made() {
  const llm = (n) =>
    `data: {"id":"chatcmpl-${n}","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":" token${n}"},"finish_reason":null}]}\n\n`;
  const cjk = (n) => `id: ${n}\nevent: 更新\ndata: {"文":"サーバーから送られてくる出来事その${n}、流れは続く"}\n\n`;
  const kinds = {
    llm: [400, llm],
    cjk: [400, cjk],
    tiny: [1000, (n) => `data: ${n % 10}\n\n`],
    named: [400, (n) => `event: tick\nid: ${n}\ndata: {"n":${n},"price":${n * 3}}\n\n`],
    crlf: [400, (n) => llm(n).replaceAll('\n', '\r\n')],
    comments: [400, (n) => `: keep-alive ${n}\n\n: another line of comment\ndata: ${n}\n\n`],
    multiline: [
      100,
      (n) => `${Array.from({ length: 40 }, (_, line) => `data: line ${line} of event ${n}\n`).join('')}\n`,
    ],
    '64 KB': [8, (n) => `data: ${`${n}`.repeat(64 * 1024)}\n\n`],
    '1 MB': [2, (n) => `data: ${`${n}`.repeat(1024 * 1024)}\n\n`],
  };
  return Object.entries(kinds).map(([name, [count, make]]) => ({
    name,
    frames: Array.from({ length: count }, (_, n) => encoder.encode(make(n))),
  }));
}

function recorded() {
  const folder = process.env.SSE_STREAMS;
  if (!folder || !existsSync(folder)) {
    console.log('SSE_STREAMS names no folder of recorded streams: their rows are left out.\n');
    return [];
  }
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sse'))
    .map((file) => ({
      name: file.replace(/\.sse$/, ''),
      frames: readFileSync(join(folder, file), 'utf8')
        .split(/(?<=\n\n)/)
        .map((frame) => encoder.encode(frame)),
    }));
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
