// workerd with the Durable Objects of object.worker.mjs.

import { startWorkerd } from '../../scripts/lib/workerd.mjs';

const OBJECTS = { PLAIN: 'ChannelObject', ROOM: 'Room', SMALL: 'Small', SILENT: 'Silent', STORE: 'Store' };

/** @param {{ storage?: string }} options as of `startWorkerd` */
export async function startObjects(options = {}) {
  const env = { SECRET: 'a secret of some bytes' };
  const server = await startWorkerd({ entry: 'tests/workerd/object.worker.mjs', objects: OBJECTS, env, ...options });
  /** Calls a method of the object at `<binding>/<name>`. */
  const call = async (path, method, ...args) => {
    const response = await fetch(`${server.url}/${path}`, { method: 'POST', body: JSON.stringify({ method, args }) });
    const { answer, error } = await response.json();
    if (error !== undefined) throw new Error(error);
    return answer;
  };
  return { ...server, call };
}
