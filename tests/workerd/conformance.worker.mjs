// Runs the suite in workerd, on the cases that the request brings. The package comes by its `workerd` condition.

import { createParser } from 'eventsource-wasm/parser';
import { encode } from 'eventsource-wasm/server';

import { runBoundary } from '../suite/boundary.mjs';
import { runConformance, runRandom } from '../suite/conformance.mjs';

const api = { createParser, encode };

export default {
  async fetch(request) {
    const { cases, random } = await request.json();
    if (cases) return Response.json(runConformance(api, cases));
    return Response.json(random ? runRandom(api, random) : runBoundary(api));
  },
};
