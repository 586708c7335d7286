// Compares the reading cases with what Chromium's own EventSource dispatches. It has no options, so only the cases without
// any can be compared, and it shows neither comments nor `retry`. Where the bytes allow it, a `retry: 1` in front makes it
// reconnect at once, and the `Last-Event-ID` it then sends is compared with the last event ID of the case.

import { concat, expectedOf, inputOf, toBytes, toText } from '../suite/cases.mjs';

/** Cases in which Chromium does something else than the standard says, and what it dispatches. */
const DEVIATIONS = {
  // Chromium does not look at the byte behind the BOM, so that a line end there becomes part of the next line. The standard
  // strips the BOM while decoding, before there are any lines.
  'bom: a BOM before a blank line': [],
};

const AT_ONCE = 6;

/** @returns {Promise<{ cases: number, checks: number, excused: number, failed: object[] }>} */
export async function compareWithNative(page, server, reading) {
  const compared = [];
  for (const [theme, cases] of Object.entries(reading)) {
    for (const testCase of cases) {
      const input = inputOf(testCase);
      if (!input || testCase.options) continue;
      compared.push(prepare(server, `${theme}: ${testCase.name}`, testCase, input, compared.length));
    }
  }
  const types = [...new Set(compared.flatMap(({ events }) => events.map(({ type }) => type)))];
  const jobs = compared.map(({ path, reconnects }) => ({ path, reconnects }));
  const found = await page.evaluate(listenInPage, { jobs, types, atOnce: AT_ONCE });

  const report = { cases: compared.length, checks: 0, excused: 0, failed: [] };
  compared.forEach(({ name, path, events, lastEventId, reconnects }, number) => {
    const deviates = DEVIATIONS[name] && JSON.stringify(found[number]) === JSON.stringify(DEVIATIONS[name]);
    if (deviates) report.excused += 1;
    else check(report, name, 'events', found[number], events);
    // A header's value loses the white space around it.
    if (reconnects) check(report, name, 'Last-Event-ID', server.lastEventIds.get(path), trimmed(lastEventId));
  });
  return report;
}

function prepare(server, name, testCase, input, number) {
  const path = `/stream/${number}`;
  const events = expectedOf(testCase).filter((item) => 'type' in item);
  // Not where it would push a BOM from its place, nor where the stream sets the time itself.
  const reconnects = input[0] !== 0xef && !new TextDecoder().decode(input).includes('retry');
  server.streams.set(path, reconnects ? concat([toBytes('retry: 1\n'), input]) : input);
  return { name, path, events, lastEventId: toText(testCase.lastEventId), reconnects };
}

const trimmed = (value) => value.replace(/^[ \t]+|[ \t]+$/g, '');

function check(report, name, way, found, expected) {
  report.checks += 1;
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  if (left === right) return;
  report.failed.push({ name, way, expected: right?.slice(0, 500), found: left?.slice(0, 500) });
}

/** Runs in the page: what each stream dispatches, a few streams at a time. */
async function listenInPage({ jobs, types, atOnce }) {
  const listen = ({ path, reconnects }) =>
    new Promise((done) => {
      const events = [];
      const source = new EventSource(path);
      for (const type of new Set([...types, 'message', 'open', 'error'])) {
        source.addEventListener(type, (event) => {
          if (!(event instanceof MessageEvent)) return;
          events.push({ type: event.type, data: event.data, lastEventId: event.lastEventId });
        });
      }
      source.addEventListener('error', (event) => {
        if (event instanceof MessageEvent || (reconnects && source.readyState !== EventSource.CLOSED)) return;
        source.close();
        done(events);
      });
    });
  const found = [];
  const work = async () => {
    for (let at = found.length; at < jobs.length; at = found.length) {
      found.length = at + 1;
      found[at] = await listen(jobs[at]);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return found;
}
