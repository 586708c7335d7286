// workerd: the suite in a worker, a request for each check.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../../../scripts/lib/console.mjs';
import { startWorkerd as serve } from '../../../scripts/lib/workerd.mjs';
import { runAll } from '../suite/run.mjs';

export async function startWorkerd() {
  const server = await serve({ entry: 'tests/client/runtimes/workerd.worker.mjs' });
  const { version } = JSON.parse(readFileSync(join(ROOT, 'node_modules/workerd/package.json'), 'utf8'));
  const ask = async (path) => {
    const response = await fetch(server.url + path);
    if (!response.ok)
      throw new Error(`expected workerd to answer ${path}, found ${response.status}:\n${server.logs()}`);
    return response.json();
  };
  return {
    title: `workerd ${version}`,
    async run(control, names, report) {
      await runAll(names, async (name) => {
        const query = new URLSearchParams({ name, control });
        // workerd ends a request that it takes for hung: that is the check's failure, not the suite's.
        const failed = (error) => ({ name, status: 'failed', error: error.message });
        report(await ask(`/check?${query}`).catch(failed));
      });
      return ask('/rejections');
    },
    close: () => server.close(),
  };
}
