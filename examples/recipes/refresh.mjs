import { connect } from 'eventsource-wasm';

/** Follows a stream with a token that expires. `session` has `token`, and `refresh()`, which gets another one. */
export function follow(url, session) {
  return connect(url, {
    headers: () => ({ authorization: `Bearer ${session.token}` }),
    // Asked after each failure: how many milliseconds to wait, or false to give up.
    retry: async ({ status, attemptsInRow, delay }) => {
      // What the default policy would do. After a stream that was cut, the first 401 is the second attempt in a row.
      if (status !== 401 || attemptsInRow > 2) return delay;
      await session.refresh();
      return 0;
    },
  });
}
