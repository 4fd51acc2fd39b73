import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { useTopics } from './support/topics.js';

const redis = useTopics();
const packageFolder = fileURLToPath(new URL('..', import.meta.url));

it('the example of a topic runs as it is printed, against the built package', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const examples = Array.from(readme.matchAll(/```ts\n(.*?)```/gs), ([, code = '']) => code);
  const [example = ''] = examples.filter((code) => code.includes('new Topic<'));
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const code = ts
    .transpileModule(example, { compilerOptions })
    .outputText.replace('redis://localhost:6379', redis.url);
  expect(code).toContain(redis.url);

  const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: packageFolder,
    timeout: 60_000,
  });

  const { stdout, stderr } = await run;
  expect(stderr).toBe('');
  expect(stdout).toContain('seen 1\n');
});
