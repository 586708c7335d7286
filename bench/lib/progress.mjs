// How far a long measurement is: one line that is written over on a terminal, a line now and then elsewhere.

import { seconds } from '../../scripts/lib/console.mjs';

const QUIET_MS = 10_000;

/** @returns {{ log: (text: string, done?: number, total?: number) => void, clear: () => void }} */
export function progress(section) {
  const tty = Boolean(process.stdout.isTTY) && !process.env.CI;
  const start = performance.now();
  let stage = { name: '', start };
  let shown = -Infinity;
  const log = (text, done, total) => {
    const now = performance.now();
    // The part before the first colon is the stage whose end is guessed at.
    const name = text.split(':')[0];
    if (name !== stage.name) stage = { name, start: now };
    const count = total ? ` · ${done} of ${total}${left(stage.start, now, done, total)}` : '';
    const line = `${section} · ${seconds(now - start)} · ${text}${count}`;
    if (tty) process.stdout.write(`\r\x1b[2K${line.slice(0, (process.stdout.columns ?? 80) - 1)}`);
    else if (now - shown >= QUIET_MS) {
      shown = now;
      console.log(line);
    }
  };
  return { log, clear: () => tty && process.stdout.write('\r\x1b[2K') };
}

function left(start, now, done, total) {
  if (done < 2) return '';
  return `, about ${seconds(((now - start) / (done - 1)) * (total - done + 1))} left`;
}
