// A text that a model may answer with: pieces that look like the stream that they are in.

export const PIECES = [
  'Hello',
  ', ',
  '漢字 🚀',
  '\n\ndata: [DONE]\n\n',
  '[DONE]',
  '\r\nevent: error\r\n',
  ' \u2028"quoted"\\',
  'x'.repeat(100_000),
];
export const TEXT = PIECES.join('');
