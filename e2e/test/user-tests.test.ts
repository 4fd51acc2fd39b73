import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blocksOf, read, root } from '../src/documents.js';

let folder: string;

beforeAll(async () => {
  // Inside this package, so that its dependencies are found. Test runners look into no folder of dependencies.
  folder = await mkdtemp(path.join(root, 'e2e', '.user-tests-'));
  // Without it, Vitest would take that of this package.
  await writeFile(path.join(folder, 'vitest.config.mjs'), 'export default {};\n');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs what the guide shows as a file of this name. Resolves to all output. */
async function runAs(name: string, program: string, args: readonly string[]): Promise<string> {
  const blocks = blocksOf(await read('docs/guides/testing.md'));
  const code = blocks.find((block) => block.code.startsWith(`// ${name}\n`))?.code;
  await writeFile(path.join(folder, name), code ?? '');
  const script = path.join(root, program);
  const env = { ...process.env, NO_COLOR: '1', VITEST: undefined, JEST_WORKER_ID: undefined };
  const run = promisify(execFile)(process.execPath, [script, ...args], { cwd: folder, env });
  const { stdout, stderr } = await run;
  return stdout + stderr;
}

it("the guide's tests pass in Vitest", async () => {
  const args = ['run', '--root', folder];
  const output = await runAs('emails.test.ts', 'node_modules/vitest/vitest.mjs', args);
  expect(output).toMatch(/Tests\s+1 passed/);
});

it("the guide's tests pass in Jest", async () => {
  const args = ['--rootDir', folder, '--testMatch', '**/*.test.cjs', '--no-watchman'];
  const output = await runAs('emails.test.cjs', 'e2e/node_modules/jest/bin/jest.js', args);
  expect(output).toMatch(/Tests:\s+2 passed/);
  expect(output).not.toContain('did not exit');
});
