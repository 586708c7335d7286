// The demo's channel as a visitor meets it: readers that are cut, paused and sent away, in Chromium and workerd.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { launchChromium } from '../../scripts/lib/chromium.mjs';
import { assertFits, startDemo, text, viewports, visit } from './demo-tools.mjs';

const all = [1, 2, 3, 4];

describe('the channel of the demo', () => {
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
    test(`readers that are cut and sent away get every event, and nothing moves (${name})`, async () => {
      const { page, problems } = await visit(browser, demo, viewport);
      const places = await placesOf(page);
      const still = async (when) => assert.deepEqual(await placesOf(page), places, when);
      assert.match(await text(page, '#channel-news'), /^Connect four readers/);
      await page.click('#channel-connect');
      await received(page, all, 10);
      await still('running');

      await lane(page, 2).locator('.cut').click();
      await news(
        page,
        /^Reader 2: cut in the middle of an event; back after .* caught up [1-9]\d* events?\. Missed: 0\.$/,
      );
      await still('after a cut');
      assert.equal((await counts(page, 2)).attempts, 2);
      assert.equal((await counts(page, 1)).attempts, 1);

      await page.click('#cut-all');
      await news(page, /^4 readers: cut .* caught up [1-9]\d* events\. Missed: 0\.$/);
      await page.click('#drain');
      await news(page, /^4 readers: sent away by a drain, .* Missed: 0\.$/);
      assert.match(
        await page.getAttribute('#channel-returns', 'aria-label'),
        /^Back: (reader [1-4] after [\d.]+ m?s(, |$)){4}$/,
      );
      assert.equal(await page.locator('#channel-returns i:visible').count(), 4);
      await still('after a drain');

      const enough = Number(await text(page, '#channel-count')) + 5;
      await received(page, all, enough);
      for (const reader of all) {
        const found = await counts(page, reader);
        assert.deepEqual([found.dropped, found.missed, found.repeated], [0, 0, 0], `reader ${reader}`);
        assert.ok(found.caughtUp > 0, `reader ${reader} has caught up`);
        assert.equal(found.received, found.last - found.first + 1);
      }
      assert.equal((await counts(page, 1)).attempts, 3);
      const resumed = /reader 1 #3.*GET \/api\/channel\?room=.*Last-Event-ID: \d+-\d+/;
      await page.locator('#connections > li', { hasText: resumed }).waitFor();
      await assertFits(page);
      await page.click('#channel-connect');
      await page.waitForSelector('#channel-state[data-state=closed]');
      await still('disconnected');
      assert.deepEqual(problems, []);
      await page.close();
    });
  }

  test('readers that are paused: their policies decide, and what was dropped adds up', async () => {
    const { page, problems } = await visit(browser, demo, viewports.desktop);
    await page.click('#channel-connect');
    await received(page, all, 3);
    const places = await placesOf(page);
    await page.click('#pause-all');
    assert.equal(await text(page, '#pause-all b'), 'Resume all');
    // The one that is to be disconnected is full when the others are, and comes back a second later.
    await page.waitForSelector('#lanes > li:nth-child(1)[data-attempts="2"] .state[data-state=held]');
    assert.match(await text(page, '#channel-news'), /^Reader 1: too far behind, and disconnected by its policy\.$/);
    assert.deepEqual(await placesOf(page), places, 'paused');
    await page.click('#pause-all');
    await news(page, /^4 readers: reading again; caught up \d+ events, \d+ events dropped by policy\. Missed: 0\.$/);
    const found = await Promise.all(all.map((reader) => counts(page, reader)));
    for (const [at, { received: got, dropped, missed, repeated, first, last }] of found.entries()) {
      assert.equal(got + dropped + missed, last - first + 1, `reader ${at + 1}`);
      assert.deepEqual([missed, repeated], [0, 0], `reader ${at + 1}`);
    }
    assert.equal(found[0].dropped, 0);
    assert.equal(found[0].attempts, 2);
    for (const { dropped, attempts, caughtUp } of found.slice(1)) {
      assert.ok(dropped > 0 && caughtUp > 0, `dropped ${dropped}, caught up ${caughtUp}`);
      assert.equal(attempts, 1);
    }
    assert.deepEqual(problems, []);
    await page.close();
  });

  test('a reader that does not read for longer than the history reaches is told of its gap', async () => {
    const { page, problems } = await visit(browser, demo, viewports.phone, { reducedMotion: 'reduce' });
    await page.click('#channel-connect');
    await received(page, all, 3);
    await page.focus('#channel-rate');
    await page.keyboard.press('End');
    assert.equal(await text(page, '#channel-rate-value'), '50/s');
    await lane(page, 1).locator('[aria-pressed]').click();
    await received(page, [2], (await counts(page, 2)).received + 320);
    await lane(page, 1).locator('[aria-pressed]').click();
    await news(
      page,
      /^Reader 1: reading again; .* Missed: [1-9]\d*, as they are not kept any more, and told so by the event gap\.$/,
    );
    const { received: got, dropped, missed, first, last } = await counts(page, 1);
    assert.ok(missed > 0);
    assert.equal(dropped, 0);
    assert.equal(got + missed, last - first + 1);
    assert.equal(await lane(page, 1).locator('dd[data-tone=bad]').count(), 1);
    assert.equal((await counts(page, 2)).missed, 0);
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
    await assertFits(page);
    assert.deepEqual(problems, []);
    await page.close();
  });

  test('by keyboard alone, and with names for all', async () => {
    const { page, problems } = await visit(browser, demo, viewports.desktop);
    const focused = () =>
      page.evaluate(() => document.activeElement.ariaLabel ?? document.activeElement.textContent.trim());
    await page.focus('#channel-rate');
    await page.keyboard.press('ArrowRight');
    assert.equal(await text(page, '#channel-rate-value'), '10/s');
    assert.equal(await page.getAttribute('#channel-rate', 'aria-valuetext'), '10 events per second');
    const press = async (key, expected) => {
      await page.keyboard.press(key);
      assert.equal(await focused(), expected, key);
    };
    await press('Tab', 'Connect');
    await press('Enter', 'Disconnect');
    await received(page, all, 5);
    await press('Tab', 'Overflow policy of reader 1');
    await page.keyboard.press('ArrowDown');
    await page.waitForSelector('#lanes > li:nth-child(1)[data-attempts="2"] .state[data-state=open]');
    await press('Tab', 'Pause reader 1');
    await press('Space', 'Resume reader 1');
    await page.waitForSelector('#lanes > li:nth-child(1) .state[data-state=held]');
    await press('Space', 'Pause reader 1');
    await news(page, /^Reader 1: reading again;/);
    await press('Tab', 'Cut reader 1');
    for (const attempts of [3, 4]) {
      // The focus stays where it is while the reader is away.
      await page.keyboard.press('Enter');
      await page.waitForSelector(`#lanes > li:nth-child(1)[data-attempts="${attempts}"] .state[data-state=open]`);
      await news(page, /^Reader 1: cut in the middle of an event; back/);
      assert.equal(await focused(), 'Cut reader 1');
    }
    const found = await counts(page, 1);
    assert.deepEqual([found.dropped, found.missed, found.repeated], [0, 0, 0]);
    const names = await page
      .locator('.channel')
      .getByRole('button')
      .evaluateAll((buttons) => buttons.map((one) => one.textContent.trim()));
    assert.equal(new Set(names).size, 4 + 2 * all.length, names.join(', '));
    const pictures = await page
      .locator('.channel')
      .getByRole('img', { name: /^Reader \d, last 20 seconds\. \d+ received/ })
      .count();
    assert.equal(pictures, 4);
    assert.deepEqual(problems, []);
    await page.close();
  });

  test('a page that is hidden leaves its connections to others, and loses nothing by that', async () => {
    const { page, problems } = await visit(browser, demo, viewports.desktop);
    const become = (state) =>
      page.evaluate((now) => {
        Object.defineProperty(document, 'visibilityState', { value: now, configurable: true });
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
      }, state);
    await page.click('#channel-connect');
    await received(page, all, 3);
    await become('hidden');
    await news(page, /^4 readers: away while the page was hidden\.$/);
    await page.locator('#connections > li', { hasText: 'dropped while the page is hidden' }).nth(3).waitFor();
    await become('visible');
    await news(page, /^4 readers: away while the page was hidden; back after .* Missed: 0\.$/);
    for (const reader of all) assert.equal((await counts(page, reader)).attempts, 2);
    assert.deepEqual(problems, []);
    await page.close();
  });

  test('what the worker is asked for that it does not have is refused', async () => {
    const ask = (query, init) => fetch(`${demo.url}/api/channel${query}`, init);
    const post = (order) => ask('?room=a', { method: 'POST', body: JSON.stringify(order) });
    const refusals = [
      [await ask('?room=A b'), 400, /expected room to be/],
      [await ask('?room=a&overflow=wait'), 400, /expected overflow to be one of disconnect, .*, found "wait"/],
      [await ask('?room=a', { method: 'DELETE' }), 405, /expected GET, POST, OPTIONS, found DELETE/],
      [await post({ rate: 1000 }), 422, /expected \{ rate: 1 to 50 \}/],
      [await post({ hold: [1] }), 422, /expected/],
      [await post(null), 422, /expected/],
    ];
    for (const [response, status, detail] of refusals) {
      assert.equal(response.status, status);
      assert.match((await response.json()).detail, detail);
    }
    const headers = {
      origin: 'http://example.com',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'last-event-id',
    };
    const preflight = await ask('?room=a', { method: 'OPTIONS', headers });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
    assert.match(preflight.headers.get('access-control-allow-headers'), /last-event-id/i);
  });

  test('when the worker is stopped the panel says so, and nothing moves', async () => {
    const { page, problems } = await visit(browser, demo, viewports.phone);
    await page.click('#channel-connect');
    await received(page, all, 3);
    const places = await placesOf(page);
    await demo.stop();
    await page.waitForSelector('#channel-news .failure.waiting');
    assert.match(await text(page, '#channel-news'), /Connection lost[^]*Trying again in/);
    await page.waitForSelector('#channel-state[data-state=waiting]');
    assert.equal(await page.getAttribute('#cut-all', 'aria-disabled'), 'true');
    assert.deepEqual(await placesOf(page), places);
    await assertFits(page);
    assert.deepEqual(
      problems.filter((problem) => !/net::ERR_CONNECTION_REFUSED/.test(problem)),
      [],
    );
    await page.close();
  });
});

function lane(page, reader) {
  return page.locator(`#lanes > li:nth-child(${reader})`);
}

/** What a reader's row says at one moment. */
async function counts(page, reader) {
  const [cells, title, attempts] = await lane(page, reader).evaluate((root) => {
    const found = [...root.querySelectorAll('dd')];
    return [found.map((cell) => cell.textContent.replaceAll(',', '')), found.at(-1).title, root.dataset.attempts];
  });
  const [received, caughtUp, dropped, missed] = cells.map(Number);
  const [first, last, repeated] = /^of events (\d+) to (\d+); (\d+) repeated$/.exec(title).slice(1).map(Number);
  return { received, caughtUp, dropped, missed, first, last, repeated, attempts: Number(attempts) };
}

/** Waits until each of these readers has got so many events. */
function received(page, readers, least) {
  return page.waitForFunction(
    ([numbers, count]) =>
      numbers.every((number) => {
        const cell = document.querySelector(`#lanes > li:nth-child(${number}) dd`);
        return Number(cell.textContent.replaceAll(',', '')) >= count;
      }),
    [readers, least],
  );
}

async function news(page, pattern) {
  await page.waitForFunction(
    (source) => new RegExp(source).test(document.querySelector('#channel-news').textContent),
    pattern.source,
  );
}

/** Where the parts of the panel are, and how large. Words of a state may be longer or shorter. */
function placesOf(page) {
  return page.evaluate(() => {
    const root = document.querySelector('.channel');
    const parts =
      '.channel, h2, .legend, header > *, .source, .lanes > li, .lanes *, .axis, .resume, .resume button, .returns, .news';
    return [...document.querySelectorAll(`${parts.replaceAll(/(^|, )(?!\.channel)/g, '$1.channel ')}`)]
      .filter((element) => !element.closest('.state, .count, svg, option, button *'))
      .map((element) => {
        const { left, top, width, height } = element.getBoundingClientRect();
        const origin = root.getBoundingClientRect();
        return [element.tagName, element.id, left - origin.left, top - origin.top, width, height].join(' ');
      });
  });
}
