import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { testRedis } from './support/redis.js';

const redis = testRedis();
const packageFolder = fileURLToPath(new URL('..', import.meta.url));
const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
const [first = '', ...others] = Array.from(
  readme.matchAll(/```ts\n(.*?)```/gs),
  ([, code]) => code,
);

/** What the later examples take from the first one. */
const before = `
  import { connect } from '@redpost/core';
  import { PubSub } from '@redpost/pubsub';
  const connection = connect('redis://localhost:6379');
  const pubsub = new PubSub({ connection });
`;
const after = 'await connection.close();';

/** In place of zod, which is not installed here. */
const zod = `
  const anything = { '~standard': { version: 1, vendor: 'stub', validate: (value) => ({ value }) } };
  const z = { object: () => anything, string: () => anything };
`;

function run(example: string): Promise<{ stdout: string; stderr: string }> {
  const code = example
    .replace('redis://localhost:6379', redis.url)
    .replace("import { z } from 'zod';", zod);
  expect(code).toContain(redis.url);
  const target = ts.ScriptTarget.ES2022;
  const compilerOptions = { target, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
  const { outputText } = ts.transpileModule(code, { compilerOptions });
  const args = ['--input-type=module', '--eval', outputText];
  return promisify(execFile)(process.execPath, args, { cwd: packageFolder, timeout: 60_000 });
}

it('the example of the README runs as it is printed, against the built package', async () => {
  const stdout = 'mychannel: hello everyone, received by 1\n';
  expect(await run(first)).toEqual({ stdout, stderr: '' });
});

it.each(others.map((code) => [code as string]))('runs as it is printed: %s', async (code) => {
  expect(await run(`${before}${code}${after}`)).toEqual({ stdout: '', stderr: '' });
});
