import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));

it('the example of the README runs as it stands', async () => {
  const readme = await readFile(`${folder}/README.md`, 'utf8');
  const [, example = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  const [, expected] = /console\.log\(.*\).*; \/\/ (.*)/.exec(example) ?? [];

  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const { outputText } = ts.transpileModule(example, { compilerOptions });
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', outputText],
    { cwd: folder, timeout: 60_000 },
  );

  expect(expected).toBe('hello a@example.com, attempt 1');
  expect(stdout).toBe(`${expected}\n`);
});
