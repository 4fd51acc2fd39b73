// Any course of events in a queue, compared with the model of it: npm run model -- --minutes 5
import { parseArgs } from 'node:util';
import { turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { run, say } from './run.mjs';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string' } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new RangeError('--minutes is a number above 0');

await prepare();
say('building');
process.exitCode = await turbo(['build', '--filter=@redpost/core', '--output-logs=errors-only']);
process.exitCode ||= await run(
  'node',
  ['node_modules/vitest/vitest.mjs', 'run', '--root', 'packages/queue', 'test/model.test.ts'],
  {
    env: {
      REDPOST_MODEL_SECONDS: String(60 * minutes),
      ...(values.seed && { REDPOST_MODEL_SEED: values.seed }),
    },
  },
);
