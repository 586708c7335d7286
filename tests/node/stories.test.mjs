// Random stories of streams and channels, against what is promised: nothing lost, repeated or out of order that is not told, and no
// promise left. SEEDS=<from>,<to> tells others than the few of here.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { channelStory } from './stories/channel.mjs';
import { streamStory } from './stories/stream.mjs';

const [FROM, TO] = (process.env.SEEDS ?? '1,25').split(',').map(Number);

// A story that fails leaves its streams open, whose heartbeats must not keep the process from ending.
const { setInterval } = globalThis;
globalThis.setInterval = (...args) => setInterval(...args).unref();

describe('random stories', () => {
  for (const [name, story] of Object.entries({ stream: streamStory, channel: channelStory })) {
    test(`of a ${name}`, async () => {
      const rejections = [];
      const note = (reason) => rejections.push(reason);
      process.on('unhandledRejection', note);
      for (let seed = FROM; seed <= TO; seed++) {
        await story(seed).catch((error) => {
          error.message = `seed ${seed}: ${error.message}`;
          throw error;
        });
      }
      await turn();
      process.off('unhandledRejection', note);
      assert.deepEqual(rejections, []);
    });
  }
});
