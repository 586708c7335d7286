// Finds a curl that is installed, or on Debian installs one.

import { findExecutable, installWithApt } from './chromium.mjs';

/** Path of a curl; $CURL goes first. Throws how to get one. */
export function ensureCurl(say = console.log) {
  const find = () => process.env.CURL || findExecutable(['curl', 'curl.exe']);
  const found = find() ?? (installWithApt('curl', say) ? find() : undefined);
  if (found) return found;
  throw new Error(
    'expected an installed curl for the tests of the server, found none. Install one (https://curl.se/download.html), or ' +
      'name its executable in $CURL.',
  );
}
