import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));

// msgpackr is the part that is loaded at run time, and in its own way in each format.
it.each([
  ['module', `import { msgpack } from '@redpost/core';`],
  ['commonjs', `const { msgpack } = require('@redpost/core');`],
])('the built package works as %s', async (format, load) => {
  const program = `${load} console.log(msgpack().decode(Buffer.from([0x91, 7])));`;

  const { stdout } = await promisify(execFile)(
    process.execPath,
    [`--input-type=${format}`, '--eval', program],
    { cwd: folder, timeout: 15_000 },
  );

  expect(stdout).toBe('[ 7 ]\n');
});
