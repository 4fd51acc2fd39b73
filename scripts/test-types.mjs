import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { root, run, say } from './run.mjs';

// Compiles the files of e2e/types against the built packages with each of these compilers.
const compilers = ['5.5', '5.9', '6.0', '7'];
const dependencies = [
  ...compilers.map((version) => `typescript-${version}@npm:typescript@${version}`),
  ...['@types/node@20', 'zod@4', 'ioredis@6', 'ioredis-5@npm:ioredis@5', 'iovalkey@0.3'],
  ...['graphql@16', 'graphql-subscriptions@3', '@opentelemetry/api@1', 'prom-client@15'],
  ...['@nestjs/common@11', '@nestjs/core@11', '@nestjs/microservices@11'],
  ...['reflect-metadata@0.2', 'rxjs@7'],
];
const packages = ['core', 'queue', 'pubsub', 'topic', 'dashboard', 'nestjs', 'otel', 'prometheus'];
const sources = ['options', 'integrations'];
/** Each way to resolve modules, once in each format of module, and with exact options and without. */
const settings = [
  { module: 'nodenext', extension: 'mts', exactOptionalPropertyTypes: true },
  { module: 'node16', extension: 'cts', exactOptionalPropertyTypes: false },
  {
    module: 'esnext',
    moduleResolution: 'bundler',
    extension: 'ts',
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
  for (const name of packages) {
    await symlink(join(root, 'packages', name), join(folder, 'node_modules/@redpost', name));
  }
  for (const setting of settings) {
    const { extension, ...options } = setting;
    const files = sources.map((name) => `${name}.${extension}`);
    await Promise.all(
      sources.map((name, at) =>
        copyFile(join(root, `e2e/types/${name}.ts`), join(folder, files[at])),
      ),
    );
    const compilerOptions = {
      ...{ strict: true, noEmit: true, skipLibCheck: true, target: 'es2022', types: ['node'] },
      // As Nest has them.
      ...{ experimentalDecorators: true, emitDecoratorMetadata: true },
      ...options,
    };
    const config = join(folder, `tsconfig.${options.module}.json`);
    await writeFile(config, JSON.stringify({ compilerOptions, files }));
    for (const version of compilers) {
      say(`TypeScript ${version}, ${JSON.stringify(options)}`);
      const compiler = join(folder, `node_modules/typescript-${version}/bin/tsc`);
      process.exitCode ||= await run('node', [compiler, '--project', config]);
    }
  }
}
