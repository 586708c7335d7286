// A reporter for `node --test`: one line of JSON with the number of tests that passed, failed and were skipped.

export default async function* count(events) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details?.type === 'suite') continue;
    // A file without tests passes as a test of its own name; that is not one.
    if (type === 'test:pass' && data.name.endsWith('.test.mjs')) continue;
    if (data.skip !== undefined || data.todo !== undefined) counts.skipped++;
    else if (type === 'test:pass') counts.passed++;
    else counts.failed++;
  }
  yield `${JSON.stringify(counts)}\n`;
}
