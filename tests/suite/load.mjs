// The cases of tests/cases from the disk, for the starters that run on Node.

import { readdir, readFile } from 'node:fs/promises';

const FOLDER = new URL('../cases/', import.meta.url);

/** `{ reading: { bom: [...], ... }, writing: { ... } }` */
export async function loadCases() {
  const cases = {};
  for (const kind of ['reading', 'writing']) {
    const folder = new URL(`${kind}/`, FOLDER);
    const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
    const themes = files.map(async (name) => [
      name.slice(0, -'.json'.length),
      JSON.parse(await readFile(new URL(name, folder), 'utf8')),
    ]);
    cases[kind] = Object.fromEntries(await Promise.all(themes));
  }
  return cases;
}

/** The cases cut into themes, each in the form that `runConformance` takes. */
export function byTheme(cases) {
  return Object.entries(cases).flatMap(([kind, themes]) =>
    Object.entries(themes).map(([theme, list]) => ({
      name: `${kind}: ${theme} (${list.length} cases)`,
      size: list.length,
      cases: { reading: {}, writing: {}, [kind]: { [theme]: list } },
    })),
  );
}

/** Fails a test with all that failed; long lists are cut. */
export function assertNoneFailed({ cases, checks, failed }, atLeast) {
  if (cases < atLeast) throw new Error(`expected at least ${atLeast} cases, found ${cases}`);
  if (checks < cases) throw new Error(`expected a check for each of ${cases} cases, found ${checks}`);
  if (failed.length === 0) return;
  const lines = failed
    .slice(0, 30)
    .map(({ name, way, expected, found }) => `${name} (${way})\n  expected ${expected}\n  found    ${found}`);
  const more = failed.length > 30 ? `\n... and ${failed.length - 30} more` : '';
  throw new Error(`${failed.length} of ${checks} checks failed:\n${lines.join('\n')}${more}`);
}
