import { renewFigures } from './figures.mjs';
import { turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { run, say } from './run.mjs';

await prepare();

say('building');
const build = ['build', '--filter=@redpost/bench', '--output-logs=errors-only'];
// On stderr: stdout belongs to the table.
const built = await turbo(build, { stdio: ['ignore', 2, 'inherit'] });
const args = ['bench/dist/index.js', ...process.argv.slice(2)];
process.exitCode = built === 0 ? await run('node', args) : built;
// A complete run has replaced the results.
renewFigures();
