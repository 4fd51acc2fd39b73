import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { testRedis } from './support/redis.js';

const redis = testRedis();
const packageFolder = fileURLToPath(new URL('..', import.meta.url));

it('the example of the README runs as it is printed, against the built package', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, example = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  const code = example.replace('redis://localhost:6379', redis.url);
  expect(code).toContain(redis.url);

  const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: packageFolder,
    timeout: 15_000,
  });

  expect(await run).toEqual({ stdout: 'mychannel: hello everyone, received by 1\n', stderr: '' });
});
