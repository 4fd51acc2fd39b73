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
const checks = [
  'lint',
  'boundaries',
  'unused',
  'build',
  'typecheck',
  'package',
  'docs:build',
  'test',
];
process.exitCode = await turbo([...checks, '--continue=dependencies-successful']);

if (!printTotals()) process.exitCode ||= 1;
say(`took ${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes`);
if (process.exitCode) say('not everything passed: see above');
