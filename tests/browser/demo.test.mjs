// The demo as a visitor meets it: started with the command that `npm start` runs, used in Chromium, cut, and stopped.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { compose, tokenize } from '../../examples/worker/text.js';
import { launchChromium } from '../../scripts/lib/chromium.mjs';
import { startWorkerd } from '../../scripts/lib/workerd.mjs';
import { assertFits, startDemo, text, viewports, visit } from './demo-tools.mjs';

const { phone, desktop } = viewports;

describe('the demo', () => {
  let demo;
  let browser;
  before(async () => {
    demo = await startDemo();
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await demo?.stop();
  });

  for (const [name, viewport] of Object.entries(viewports)) {
    test(`an answer that is cut goes on where it stopped (${name})`, async () => {
      const { page, problems } = await visit(browser, demo, viewport);
      const prompt = 'How does a stream resume after a cut?';
      await page.fill('#prompt', prompt);
      await page.click('#send');
      for (const length of [150, 500]) {
        await page.waitForFunction(
          (least) => document.getElementById('answer-text')?.textContent.length > least,
          length,
        );
        const before = await text(page, '#chat-last-id');
        await page.click('#chat-cut');
        await page.waitForFunction((old) => document.getElementById('chat-last-id').textContent !== old, before);
        await page.waitForSelector('#chat-state[data-state=open]');
      }
      await page.waitForSelector('#answer-outcome');

      const [run, index] = (await text(page, '#chat-last-id')).split('.');
      const whole = compose(prompt, parseInt(run, 36));
      assert.equal(await text(page, '#answer-text'), whole);
      assert.ok(Number(index) > 0 && Number(index) < tokenize(whole).length, `resumed behind token ${index}`);
      assert.equal(await page.getAttribute('#answer-outcome', 'data-whole'), 'true');
      assert.deepEqual([await text(page, '#chat-missed'), await text(page, '#chat-repeated')], ['0', '0']);
      assert.match(await text(page, '#chat-time'), /^[\d.]+ m?s$/);
      assert.equal(await page.locator('#answer-text .seam').count(), 2);

      const attempts = page.locator('#connections > li[data-stream=chat]');
      assert.equal(await attempts.count(), 3);
      assert.match(await attempts.nth(0).innerText(), new RegExp(`Last-Event-ID: ${run}\\.${index}`));
      assert.match(await attempts.nth(0).innerText(), /finished: \[DONE\]/);
      assert.match(await attempts.nth(2).innerText(), /POST \/api\/chat[^]*Authorization: Bearer[^]*network /);
      await assertFits(page);
      assert.deepEqual(problems, []);
      await page.close();
    });

    test(`the feed is cut, changes its rate, and neither loses nor repeats (${name})`, async () => {
      const { page, problems } = await visit(browser, demo, viewport);
      await assertFits(page);
      await page.click('#connect');
      await received(page, 20);
      await page.click('#feed-cut');
      await page.waitForFunction(() => document.getElementById('feed-time').textContent !== '–');
      const lastId = await text(page, '#feed-last-id');
      assert.match(lastId, /^\d+\.20\.[0-9a-z]+$/);
      await received(page, 60);

      await page.focus('#rate');
      await page.keyboard.press('ArrowRight');
      assert.equal(await text(page, '#rate-value'), '50/s');
      await page.waitForFunction((old) => document.getElementById('feed-last-id').textContent !== old, lastId);
      await received(page, 200);
      assert.deepEqual([await text(page, '#feed-missed'), await text(page, '#feed-repeated')], ['0', '0']);
      assert.match(await page.getAttribute('#plot', 'aria-label'), /\d+ events, now [\d.]+ per second/);

      await page.click('#pause');
      await page.selectOption('#filter', 'feed · order');
      const types = await page.locator('#events .type').allTextContents();
      assert.ok(types.length > 0 && types.every((type) => type === 'order'), `found ${new Set(types).size} types`);
      await page.locator('#events .expand').first().click();
      assert.match(await text(page, '#events pre'), /"seq": \d+/);
      await assertFits(page);
      await page.click('#connect');
      await page.waitForSelector('#feed-state[data-state=closed]');
      assert.deepEqual(problems, []);
      await page.close();
    });
  }

  test('a wrong token is refused with the typed error and the worker’s own words', async () => {
    const { page, problems } = await visit(browser, demo, desktop);
    await page.fill('#token', 'wrong');
    await page.fill('#prompt', 'x');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#chat-state[data-state=failed]');
    assert.match(await text(page, '#answer'), /http-status[^]*401[^]*demo-token[^]*Not tried again/);
    assert.deepEqual(problems, []);
    await page.close();
  });

  test('the theme toggle wins over the system’s, also after a reload', async () => {
    const { page, problems } = await visit(browser, demo, phone);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.click('#theme');
    const dark = await ground();
    assert.notEqual(dark, light);
    await page.reload();
    assert.equal(await ground(), dark);
    assert.equal(await page.getAttribute('#theme', 'aria-pressed'), 'true');
    assert.deepEqual(problems, []);
    await page.close();
  });

  test('with UPSTREAM the worker relays a source, ids and resume included', async () => {
    const env = { UPSTREAM: `${demo.url}/api/feed?rate=50` };
    const relay = await startWorkerd({ entry: 'examples/worker/index.js', env });
    try {
      const config = await (await fetch(`${relay.url}/api/config`)).json();
      assert.equal(config.upstream, new URL(demo.url).host);
      const first = await ids(`${relay.url}/api/upstream`, {}, 5);
      assert.deepEqual(first.map(sequence), [1, 2, 3, 4, 5]);
      const second = await ids(`${relay.url}/api/upstream`, { 'last-event-id': first[2] }, 4);
      assert.deepEqual(second.map(sequence), [4, 5, 6, 7]);
    } finally {
      await relay.close();
    }
  });

  test('when the worker is stopped the page says so, and goes on trying', async () => {
    const { page, problems } = await visit(browser, demo, phone);
    await page.click('#connect');
    await received(page, 5);
    await demo.stop();
    await page.waitForSelector('#tiles .failure.waiting');
    assert.match(await text(page, '#tiles'), /Connection lost[^]*Trying again in/);
    assert.match(await page.locator('#connections > li').first().innerText(), /GET \/api\/feed/);
    await assertFits(page);
    assert.deepEqual(
      problems.filter((problem) => !/net::ERR_CONNECTION_REFUSED/.test(problem)),
      [],
    );
    await page.close();
  });
});

/** Waits until the page has counted so many events. */
function received(page, least) {
  return page.waitForFunction((count) => {
    const shown = document.getElementById('events-count').textContent.replaceAll(',', '');
    return parseInt(shown) >= count;
  }, least);
}

/** The first ids of a stream. */
async function ids(url, headers, count) {
  const leaving = new AbortController();
  const response = await fetch(url, { headers, signal: leaving.signal });
  assert.equal(response.status, 200);
  let received = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    received += piece;
    const found = [...received.matchAll(/^id: (.+)$/gm)].map((match) => match[1]);
    if (found.length >= count) {
      leaving.abort();
      return found.slice(0, count);
    }
  }
  throw new Error(`expected ${count} ids, found the stream's end:\n${received}`);
}

function sequence(id) {
  return Number(id.split('.')[0]);
}
