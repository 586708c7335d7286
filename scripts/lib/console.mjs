// What the scripts print: numbered steps with their times, and one clear paragraph when something is missing.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { performance } from 'node:perf_hooks';

/** The project's root folder, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** An error whose message is all the user needs: no stack is shown. */
export class Expected extends Error {}

/** Runs a script's main function; ends the process with 1 after an error. */
export async function run(main) {
  try {
    await main();
  } catch (error) {
    const message = error instanceof Expected ? error.message : (error?.stack ?? String(error));
    console.error(`\n${wrap(message)}`);
    process.exitCode = 1;
  }
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Prints steps `[2/6] text … 1.4 s`. On a terminal a spinner turns while a step runs; elsewhere each step is two plain lines. */
export class Steps {
  #count;
  #number = 0;
  #tty = Boolean(process.stdout.isTTY) && !process.env.CI;

  constructor(count) {
    this.#count = count;
  }

  /** Runs `work`. If that answers a string, the string is shown behind the step's time. */
  async step(text, work) {
    const title = `[${++this.#number}/${this.#count}] ${text}`;
    const start = performance.now();
    const spinner = this.#tty ? this.#spin(title) : undefined;
    if (!this.#tty) console.log(`${title} ...`);
    let mark = '✗';
    let note = '';
    try {
      note = (await work()) ?? '';
      mark = '✓';
    } finally {
      clearInterval(spinner);
      const time = seconds(performance.now() - start);
      const tail = `${time}${note && ` · ${note}`}`;
      console.log(
        this.#tty ? `\r\x1b[2K${mark} ${title} · ${tail}` : `      ${mark === '✓' ? 'done' : 'failed'} in ${tail}`,
      );
    }
  }

  /** Notes a step that has nothing to do. */
  skip(text, reason = 'up to date') {
    const title = `[${++this.#number}/${this.#count}] ${text}`;
    console.log(this.#tty ? `✓ ${title} · ${reason}` : `${title}: ${reason}`);
  }

  #spin(title) {
    let frame = 0;
    const start = performance.now();
    const draw = () => {
      const time = seconds(performance.now() - start);
      process.stdout.write(`\r\x1b[2K${FRAMES[frame++ % FRAMES.length]} ${title} · ${time}`);
    };
    draw();
    return setInterval(draw, 100);
  }
}

export function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(milliseconds < 100_000 ? 1 : 0)} s`;
}

/** Breaks a message into lines of at most 100 characters; lines that are indented stay as they are. */
function wrap(message) {
  return message
    .split('\n')
    .map((line) => (line.startsWith(' ') ? line : line.replace(/(?=.{101})(.{1,100}) /g, '$1\n')))
    .join('\n');
}

/**
 * Runs a program. Its output is kept and answered; a failure throws with it. `show: true` lets the output through
 * instead. `check: false` answers `{ code, output }` whatever the exit code.
 */
export function exec(command, args, { cwd = ROOT, env, show = false, check = true } = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
    });
    let output = '';
    let stdout = '';
    child.stdout?.setEncoding('utf8').on('data', (piece) => ((output += piece), (stdout += piece)));
    child.stderr?.setEncoding('utf8').on('data', (piece) => (output += piece));
    child.once('error', (error) => (check ? fail(error) : done({ code: -1, output: error.message, stdout: '' })));
    child.once('close', (code) => {
      if (check && code !== 0)
        fail(new Expected(`expected \`${command} ${args.join(' ')}\` to succeed, found exit code ${code}:\n${output}`));
      else done({ code, output, stdout });
    });
  });
}
