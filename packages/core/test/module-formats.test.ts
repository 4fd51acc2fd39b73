import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { outputOf } from '../../../tooling/program-output.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();
const locked = useRedis({ args: ['--requirepass', 'secret'] });
const folder = fileURLToPath(new URL('..', import.meta.url));

// msgpackr is the part that is loaded at run time, and in its own way in each format.
it.each([
  ['module' as const, `import { msgpack } from '@redpost/core';`],
  ['commonjs' as const, `const { msgpack } = require('@redpost/core');`],
])('the built package works as %s', async (format, load) => {
  const program = `${load} console.log(msgpack().decode(Buffer.from([0x91, 7])));`;

  expect(await outputOf(format, program, folder)).toBe('[ 7 ]\n');
});

it.each([
  ['module' as const, `import { connect, defineScript } from '@redpost/core';`],
  ['commonjs' as const, `const { connect, defineScript } = require('@redpost/core');`],
])(
  'a thread of the built package works as %s, and does not keep the process',
  async (format, load) => {
    const program = `${load}
    const connection = connect('${redis.url}');
    const count = defineScript({
      name: 'count',
      keys: { key: (key) => key },
      lua: "return redis.call('INCR', key)",
      parse: Number,
    });
    const options = { everyMs: 10, maxBlockedMs: 60_000, failed: console.error };
    connection.thread().repeat(count, '${format}', options).then(async (repetition) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      console.log(repetition.confirmedMsAgo < 400, (await connection.call('GET', ['${format}'])) > 10);
      await connection.close();
    });`;

    expect(await outputOf(format, program, folder)).toBe('true true\n');
  },
);

it('a thread asks the thread that started it for credentials', async () => {
  const program = `import { connect, defineScript } from '@redpost/core';
    let asked = 0;
    const credentials = async () => ({ password: ++asked ? 'secret' : '' });
    const connection = connect('${locked.url}', { credentials });
    const script = { name: 'x', lua: "return redis.call('INCR', key)", parse: Number };
    const count = defineScript({ ...script, keys: { key: (key) => key } });
    const options = { everyMs: 10, maxBlockedMs: 60_000, failed: console.error };
    await connection.ping();
    const before = asked;
    const repetition = await connection.thread().repeat(count, 'key', options);
    console.log(asked - before, (await connection.call('GET', ['key'])) > 0);
    await connection.close();`;

  expect(await outputOf('module', program, folder)).toBe('1 true\n');
});
