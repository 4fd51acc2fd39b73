// redpost beside the programs of other systems, which it installs: npm run test:foreign, or with names to test only those:
// npm run test:foreign -- celery. The tests are e2e/foreign/<name>.test.ts. CI cannot install all of them, so it runs none.
import { join } from 'node:path';
import { systems } from './foreign/systems.mjs';
import { turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { root, run, say } from './run.mjs';
import { forgetReports, printTotals } from './test-totals.mjs';

const asked = process.argv.slice(2);
for (const name of asked) {
  if (name in systems) continue;
  say(`there is no system ${name}: ${Object.keys(systems).join(', ')}`);
  process.exit(2);
}
const wanted = asked.length > 0 ? asked : Object.keys(systems);

await prepare();
say('building');
if ((await turbo(['build', '--output-logs=errors-only'])) !== 0) process.exit(1);

const programs = {};
const missing = [];
for (const name of wanted) {
  say(`looking for ${name}, or installing it`);
  const program = await systems[name](join(root, 'node_modules', '.cache', 'foreign', name));
  if (program) programs[name] = program;
  else missing.push(name);
}

const found = Object.keys(programs);
if (found.length > 0) {
  say(`testing beside ${found.join(', ')}`);
  forgetReports();
  const files = found.map((name) => `foreign/${name}.test.ts`);
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--root', 'e2e'];
  const args = [...vitest, '--config', 'foreign/vitest.config.ts', ...files];
  process.exitCode = await run('node', args, {
    env: { REDPOST_FOREIGN: JSON.stringify(programs) },
  });
  if (!printTotals()) process.exitCode ||= 1;
}
if (missing.length > 0) {
  say(`not tested, because it could not be installed here: ${missing.join(', ')}`);
  process.exitCode ||= 1;
}
