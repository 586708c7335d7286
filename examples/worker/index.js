// The demo's edge handler. Runs in workerd as it is, and in other runtimes with `fetch`-style handlers.
import { steer, subscribe } from './channel.js';
import { chat, demoToken } from './chat.js';
import { cut, cuttable } from './cut.js';
import { feed, rates, replayWindow } from './feed.js';
import { problem } from './problem.js';
import { upstream } from './upstream.js';

/**
 * @typedef {object} Env
 * @property {{ fetch: typeof fetch }} [ASSETS] serves the page's files
 * @property {string} [UPSTREAM] address of an event stream to relay
 */

export default {
  /**
   * @param {Request} request
   * @param {Env} env
   * @returns {Promise<Response>}
   */
  async fetch(request, env) {
    const url = new URL(request.url);
    const client = url.searchParams.get('client');
    switch (url.pathname) {
      case '/api/config':
        return only(request, 'GET') ?? config(url, env);
      case '/api/chat':
        return only(request, 'POST') ?? cuttable(await chat(request), client);
      case '/api/feed':
        return only(request, 'GET') ?? cuttable(feed(request), client);
      case '/api/upstream':
        if (!env.UPSTREAM) return problem(404, 'No upstream', 'expected UPSTREAM=<url> in the environment, found none');
        return only(request, 'GET') ?? cuttable(await upstream(request, env.UPSTREAM), client);
      case '/api/channel':
        // The readers are of another origin (see examples/browser/channel.js), whose preflights the channel answers.
        return (
          only(request, 'GET', 'POST', 'OPTIONS') ??
          (request.method === 'POST' ? steer(request, url) : subscribe(request, url))
        );
      case '/api/cut':
        return only(request, 'POST') ?? cut(url);
    }
    if (url.pathname.startsWith('/api/') || !env.ASSETS) {
      return problem(404, 'Not found', `expected a known path, found ${url.pathname}`);
    }
    return env.ASSETS.fetch(request);
  },
};

/**
 * @param {Request} request
 * @param {...string} methods
 * @returns {Response | undefined} the refusal of any other method
 */
function only(request, ...methods) {
  if (methods.includes(request.method)) return undefined;
  const allow = methods.join(', ');
  return problem(405, 'Method not allowed', `expected ${allow}, found ${request.method}`, { allow });
}

/**
 * `GET /api/config`: what this worker offers.
 * @param {URL} url
 * @param {Env} env
 */
async function config(url, env) {
  const upstream = env.UPSTREAM ? new URL(env.UPSTREAM).host : null;
  const readme = await env.ASSETS?.fetch(new URL('/README.txt', url), { method: 'HEAD' });
  return Response.json(
    { token: demoToken, rates, replayWindow, upstream, readme: readme?.ok ? 'README.txt' : null },
    { headers: { 'cache-control': 'no-store' } },
  );
}
