import { handle } from '../app/handler.mjs';

export default {
  fetch: (request, env, context) => handle(request, { waitUntil: (promise) => context.waitUntil(promise) }),
};
