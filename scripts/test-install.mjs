import { turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { say } from './run.mjs';
import { forgetReports, printTotals } from './test-totals.mjs';

await prepare();

say('publishing to a registry on this machine, and installing from it');
forgetReports();
process.exitCode = await turbo(['build', 'test:install']);

if (!printTotals()) process.exitCode ||= 1;
