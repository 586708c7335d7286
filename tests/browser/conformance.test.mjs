// The cases of tests/cases in Chromium: through WebAssembly, and, to show that the cases themselves are right, through
// Chromium's own EventSource.

import { after, before, describe, test } from 'node:test';

import { launchChromium } from '../../scripts/lib/chromium.mjs';
import { assertNoneFailed, byTheme, loadCases } from '../suite/load.mjs';
import { compareWithNative } from './native.mjs';
import { serveSuite } from './suite-server.mjs';

describe('conformance in Chromium', async () => {
  const all = await loadCases();
  let server;
  let browser;
  let page;
  before(async () => {
    server = await serveSuite();
    browser = await launchChromium();
    page = await browser.newPage();
    await page.goto(server.url);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  test('the cases themselves are right: Chromium’s own EventSource agrees', async (t) => {
    const report = await compareWithNative(page, server, all.reading);
    t.diagnostic(`${report.cases} reading cases compared, ${report.excused} of them with a documented deviation`);
    assertNoneFailed(report, 280);
  });

  test('the way over the boundary', async () => assertNoneFailed(await page.evaluate(runInPage, {}), 12));

  for (const { name, size, cases } of byTheme(all)) {
    test(name, async () => assertNoneFailed(await page.evaluate(runInPage, { cases }), size));
  }

  test('random streams in random chunks agree with the reference', async () => {
    const random = { seed: 20_001, streams: 2000, pieces: 40 };
    assertNoneFailed(await page.evaluate(runInPage, { random }), 2000);
  });
});

/** Runs in the page. */
async function runInPage({ cases, random }) {
  const modules = ['/dist/parser.js', '/dist/server.js', '/tests/suite/conformance.mjs', '/tests/suite/boundary.mjs'];
  const [{ createParser }, { encode }, suite, boundary] = await Promise.all(modules.map((path) => import(path)));
  const api = { createParser, encode };
  if (cases) return suite.runConformance(api, cases);
  return random ? suite.runRandom(api, random) : boundary.runBoundary(api);
}
