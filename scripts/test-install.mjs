import { turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { run, say } from './run.mjs';
import { forgetReports, printTotals } from './test-totals.mjs';

await prepare();

say('building');
process.exitCode = await turbo(['build', '--output-logs=errors-only']);

say('publishing to a registry on this machine, and installing from it');
forgetReports();
// Not by turbo, which keeps most of the environment away: npm may need it to reach a registry.
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--root', 'e2e'];
process.exitCode ||= await run('node', [...vitest, '--config', 'install/vitest.config.ts']);

if (!printTotals()) process.exitCode ||= 1;
