import { turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';

await prepare({ redis: false });

const task = process.argv[2] === 'build' ? 'docs:build' : 'docs:dev';
process.exitCode = await turbo([task, '--filter=@redpost/docs', '--output-logs=new-only']);
