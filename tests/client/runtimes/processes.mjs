// Node, Deno and Bun: processes that run the suite by themselves.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { ROOT } from '../../../scripts/lib/console.mjs';
import { PROGRAMS } from './programs.mjs';

const CHILD = fileURLToPath(new URL('./child.mjs', import.meta.url));

/** By the runtime's name, a function that starts the suite in it. */
export const STARTERS = Object.fromEntries(
  Object.entries(PROGRAMS).map(([runtime, find]) => [
    runtime,
    async () => {
      const program = await find();
      return program && open(runtime, program.title, program.command);
    },
  ]),
);

function open(runtime, title, [command, ...args]) {
  const run = (control, names, report) =>
    new Promise((done, fail) => {
      const child = spawn(command, [...args, CHILD, runtime, control, JSON.stringify(names)], {
        cwd: ROOT,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [output, noise, rejections] = ['', '', undefined];
      child.stderr.setEncoding('utf8').on('data', (piece) => (noise += piece));
      child.stdout.setEncoding('utf8').on('data', (piece) => {
        const lines = (output + piece).split('\n');
        output = lines.pop();
        for (const line of lines) {
          const value = JSON.parse(line);
          if (value.rejections) ({ rejections } = value);
          else report(value);
        }
      });
      child.once('error', fail);
      child.once('close', (code, signal) => {
        if (rejections) done(rejections);
        else
          fail(
            new Error(
              `expected ${title} to run the suite to its end, found ${signal ?? `exit code ${code}`}:\n${noise}`,
            ),
          );
      });
    });
  return { title, run, close: async () => undefined };
}
