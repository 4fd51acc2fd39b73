// The tests of the packages on a server that is running: npm run test:server -- redis://127.0.0.1:6379
import { turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { say } from './run.mjs';
import { forgetReports, printTotals } from './test-totals.mjs';

process.env.REDPOST_TEST_URL ||= process.argv[2] ?? 'redis://127.0.0.1:6379';
await prepare();

say('building');
const names = ['core', 'queue', 'pubsub', 'topic', 'otel', 'prometheus', 'nestjs'];
const packages = names.map((name) => `--filter=@redpost/${name}`);
process.exitCode = await turbo(['build', ...packages, '--output-logs=errors-only']);

say(`testing on ${await serverVersion()}`);
forgetReports();
// One package after the other, for they share the server; and never from the cache, for turbo does not
// see when it has become another.
const oneByOne = ['--concurrency=1', '--only', '--force', '--continue'];
process.exitCode ||= await turbo(['test', ...packages, ...oneByOne]);

if (!printTotals()) process.exitCode ||= 1;

/** What answers there, e.g. `valkey 8.0.1`. Ends the process when nothing does. */
async function serverVersion() {
  const { connect } = await import('../packages/core/dist/index.js');
  const connection = connect(process.env.REDPOST_TEST_URL);
  const info = await connection.call('INFO', ['server']).catch((error) => {
    say(error.message);
    process.exit(1);
  });
  await connection.close();

  const field = (name) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(String(info))?.[1];
  const name = field('server_name') ?? 'redis';
  return `${name} ${field(`${name}_version`)}`;
}
