import { turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { run, say } from './run.mjs';

const args = process.argv.slice(2);
const hasOwnRedis = Boolean(process.env.REDIS_URL) || args.some((arg) => /^--redis(=|$)/.test(arg));

await prepare({ redis: !hasOwnRedis });

say('building the packages that the demo uses: about half a minute the first time');
const packages = ['--filter=@redpost/demo...'];
// Only who asks for the dashboard waits for its build.
if (!args.includes('--dashboard')) packages.push('--filter=!@redpost/dashboard');
// A line for each package that is built.
const build = ['build', '--only', ...packages, '--output-logs=hash-only'];
// On stderr: stdout belongs to the demo.
const built = await turbo(build, { stdio: ['ignore', 2, 'inherit'] });
if (built === 0) say('starting the demo');
process.exitCode = built === 0 ? await run('node', ['apps/demo/dist/index.js', ...args]) : built;
