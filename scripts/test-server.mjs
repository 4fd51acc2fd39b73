// The tests of the packages on another server than that of this machine:
//   npm run test:server -- redis://127.0.0.1:6379        one that is running
//   npm run test:server -- path/to/valkey-server         a program: also Clusters, Sentinels and servers with settings
import { resolve } from 'node:path';
import { turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { say } from './run.mjs';
import { forgetReports, printTotals } from './test-totals.mjs';

const target = process.argv[2] ?? process.env.REDPOST_TEST_URL ?? 'redis://127.0.0.1:6379';
const isProgram = !target.includes('://');
if (isProgram) {
  process.env.REDPOST_REDIS_SERVER = resolve(target);
  delete process.env.REDPOST_TEST_URL;
} else {
  process.env.REDPOST_TEST_URL = target;
}
await prepare();

say('building');
const names = ['core', 'queue', 'pubsub', 'topic', 'otel', 'prometheus', 'nestjs'];
if (isProgram) names.push('formats', 'cli');
const packages = names.map((name) => `--filter=@redpost/${name}`);
process.exitCode = await turbo(['build', ...packages, '--output-logs=errors-only']);

say(`testing on ${await serverVersion()}`);
forgetReports();
// One package after the other, for they share the server or the processors; and never from the cache, for turbo does
// not see when the server has become another.
const oneByOne = ['--concurrency=1', '--only', '--force', '--continue'];
process.exitCode ||= await turbo(['test', ...packages, ...oneByOne]);

if (!printTotals()) process.exitCode ||= 1;

/** What answers there, e.g. `valkey 8.0.1`. Ends the process when nothing does. */
async function serverVersion() {
  const { connect } = await import('../packages/core/dist/index.js');
  const { startRedis } = await import('../packages/core/dist/embedded.js');
  try {
    const server = isProgram ? await startRedis() : undefined;
    const connection = connect(server?.url ?? target);
    const info = String(await connection.call('INFO', ['server']));
    await connection.close();
    await server?.stop();
    const field = (name) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1];
    const name = field('server_name') ?? 'redis';
    return `${name} ${field(`${name}_version`)}`;
  } catch (error) {
    say(error.message);
    process.exit(1);
  }
}
