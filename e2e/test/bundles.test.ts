import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { type BuildOptions, build } from 'esbuild';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { run } from '../src/release/run.js';

const program = fileURLToPath(new URL('../src/runtimes/run.mjs', import.meta.url));

let redis: EmbeddedRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.stop());

/** Bundles the program into a folder where nothing is installed, and runs it there. */
async function runBundled(name: string, options: BuildOptions): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'redpost-bundle-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const bundle = join(folder, name);
  await build({
    entryPoints: [program],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    logLevel: 'error',
    ...options,
  });
  return run(process.execPath, [bundle], { cwd: folder, env: { REDIS_URL: redis.url } });
}

it('one file of CommonJS has all of redpost in it, the heartbeat thread and MessagePack included', async () => {
  expect(await runBundled('program.cjs', { format: 'cjs' })).toBe('everything works\n');
});

it('one module has all of redpost in it, the heartbeat thread and MessagePack included', async () => {
  const js = `import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`;
  const options: BuildOptions = { format: 'esm', banner: { js } };

  expect(await runBundled('program.mjs', options)).toBe('everything works\n');
});
