// Packs the packages as they will be published, into the folder `tarballs`, to try them in another project.
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pnpm, turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { root, say } from './run.mjs';

const folder = join(root, 'tarballs');
await rm(folder, { recursive: true, force: true });
await mkdir(folder);
await prepare({ redis: false });

say('building and packing');
const quiet = { stdio: ['ignore', 'ignore', 'inherit'] };
const pack = ['-r', '--filter=./packages/*', 'pack', '--pack-destination', folder];
process.exitCode = await turbo(['build', '--filter=./packages/*'], quiet);
process.exitCode ||= await pnpm(pack, quiet);

const tarballs = (await readdir(folder)).map((file) => join(folder, file));
if (!process.exitCode) say(`install them elsewhere:\n\nnpm install ${tarballs.join(' ')}`);
