import { turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { run, say } from './run.mjs';

const args = process.argv.slice(2);
const hasOwnRedis = Boolean(process.env.REDIS_URL) || args.some((arg) => /^--redis(=|$)/.test(arg));

await prepare({ redis: !hasOwnRedis });

say('building');
const build = ['build', '--filter=@redpost/demo', '--output-logs=errors-only'];
// On stderr: stdout belongs to the demo.
const built = await turbo(build, { stdio: ['ignore', 2, 'inherit'] });
process.exitCode = built === 0 ? await run('node', ['apps/demo/dist/index.js', ...args]) : built;
