// What each runtime tells of a client that has left a silent stream: when, and by which reason.

/** It is told without a byte being written. */
const atOnce = (reason) => ({ notices: 'at once', reason });

/** All ways in which a client leaves. Behind `gone` the handler has not answered yet. */
export const WAYS = {
  reset: { client: 'reset' },
  fin: { client: 'fin' },
  half: { client: 'half' },
  'reset, gone': { client: 'reset', hold: true },
  'fin, gone': { client: 'fin', hold: true },
};

const all = (expected) => Object.fromEntries(Object.keys(WAYS).map((way) => [way, expected]));

const NODE = {
  ...all(atOnce('cancelled')),
  // There is a signal before there is a body.
  'reset, gone': atOnce('aborted'),
  'fin, gone': atOnce('aborted'),
};

const WORKERD = {
  reset: atOnce('cancelled'),
  fin: { notices: 'by a write', reason: 'cancelled' },
  // As HTTP has it: who sends no more may still read.
  half: { notices: 'not', why: 'workerd takes a client that has closed its own direction for one that reads on' },
  'fin, gone': atOnce('cancelled'),
};

export const EXPECTED = {
  workerd: {
    ...WORKERD,
    'reset, gone': {
      notices: 'not',
      why: 'workerd neither reads nor cancels a body for a client that was reset before; the flag enable_request_signal helps',
    },
  },
  'workerd-signal': { ...WORKERD, 'reset, gone': atOnce('aborted') },
  // Deno aborts the request's signal also at a stream's good end, so the package does not look at it.
  deno: all(atOnce('cancelled')),
  // The signal comes before the body is cancelled.
  bun: all(atOnce('aborted')),
  node: NODE,
  node24: NODE,
};
