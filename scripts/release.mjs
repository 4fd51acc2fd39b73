// Publishes every version that is not on the registry yet, and tags it.
import { pnpm, turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { say } from './run.mjs';

await prepare({ redis: false });

say('building and checking the packages');
process.exitCode = await turbo(['build', 'package', '--filter=./packages/*']);

say('publishing');
process.exitCode ||= await pnpm(['exec', 'changeset', 'publish']);
