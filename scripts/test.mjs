import { ensureChromium } from './chromium.mjs';
import { turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { say } from './run.mjs';
import { ensureShells } from './shells.mjs';
import { forgetReports, printTotals } from './test-totals.mjs';

await prepare();
// Without it, the tests of the dashboard fail and say so.
await ensureChromium();
// Without one of them, the test of its completion says that it is missing.
await ensureShells();

say('building, checking and testing: about 22 minutes on two cores that do nothing else');
const startedAt = performance.now();
forgetReports();
// See tooling/vitest.ts.
process.env.REDPOST_TEST_RETRY ??= '1';
process.exitCode = await turbo(['build']);
if (!process.exitCode) process.exitCode = await checkAndTest();

if (!printTotals()) process.exitCode ||= 1;
say(`took ${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes`);
if (process.exitCode) say('not everything passed: see above');

/** The tests in e2e take a third of the time, and turbo would begin with them last: so they are a run of their own. */
async function checkAndTest() {
  const checks = ['lint', 'boundaries', 'unused', 'package', 'docs:build'];
  const ofAll = ['typecheck', 'test'];
  const endToEnd = '@redpost/e2e';
  // Otherwise both runs would restore the builds from the cache, while tests read them.
  const only = ['--only', '--continue'];
  const ended = await Promise.all([
    turbo([...ofAll, ...only, `--filter=${endToEnd}`]),
    turbo([...checks, ...ofAll, ...only, `--filter=!${endToEnd}`]),
  ]);
  return Math.max(...ended);
}
