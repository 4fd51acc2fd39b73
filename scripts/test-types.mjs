import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { root, run, say } from './run.mjs';

// Compiles e2e/types/options.ts against the built packages with each of these compilers.
const compilers = ['5.5', '5.9', '6.0', '7'];
const dependencies = [
  ...compilers.map((version) => `typescript-${version}@npm:typescript@${version}`),
  ...['@types/node@20', 'zod@4', 'ioredis@6', 'ioredis-5@npm:ioredis@5', 'iovalkey@0.3'],
  ...['graphql@16', 'graphql-subscriptions@3'],
];
/** Each way to resolve modules, once in each format of module, and with exact options and without. */
const settings = [
  { module: 'nodenext', file: 'options.mts', exactOptionalPropertyTypes: true },
  { module: 'node16', file: 'options.cts', exactOptionalPropertyTypes: false },
  {
    module: 'esnext',
    moduleResolution: 'bundler',
    file: 'options.ts',
    exactOptionalPropertyTypes: true,
  },
];

await prepare();
say('building');
process.exitCode = await turbo(['build', '--output-logs=errors-only']);
const folder = await mkdtemp(join(tmpdir(), 'redpost-types-'));
try {
  await compileAll();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function compileAll() {
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const install = ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  process.exitCode ||= await run('npm', [...install, '--prefix', folder, ...dependencies]);
  if (process.exitCode) return;
  await mkdir(join(folder, 'node_modules/@redpost'));
  for (const name of ['core', 'queue', 'pubsub', 'topic']) {
    await symlink(join(root, 'packages', name), join(folder, 'node_modules/@redpost', name));
  }
  for (const setting of settings) {
    const { file, ...options } = setting;
    await copyFile(join(root, 'e2e/types/options.ts'), join(folder, file));
    const compilerOptions = {
      ...{ strict: true, noEmit: true, skipLibCheck: true, target: 'es2022', types: ['node'] },
      ...options,
    };
    const config = join(folder, `tsconfig.${options.module}.json`);
    await writeFile(config, JSON.stringify({ compilerOptions, files: [file] }));
    for (const version of compilers) {
      say(`TypeScript ${version}, ${JSON.stringify(options)}`);
      const compiler = join(folder, `node_modules/typescript-${version}/bin/tsc`);
      process.exitCode ||= await run('node', [compiler, '--project', config]);
    }
  }
}
