import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { runChild } from '../src/program/child-command.js';

const body = Buffer.alloc(0);

it.each(['exit 0', 'exit 3', 'kill -9 $$'])(
  'no listener stays on the signals that outlive a command: %s',
  async (command) => {
    const [stop, kill] = [new AbortController().signal, new AbortController().signal];

    const ends = Array.from({ length: 3 }, () => runChild(command, { body, env: {}, stop, kill }));
    expect(getEventListeners(kill, 'abort')).toHaveLength(1);
    await Promise.all(ends);

    for (const signal of [stop, kill]) expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  },
);

it('no listener stays of a command that cannot be started', async () => {
  const [stop, kill] = [new AbortController().signal, new AbortController().signal];
  const env = { TOO_LONG: 'x'.repeat(2 ** 23) };

  await expect(runChild('exit 0', { body, env, stop, kill })).rejects.toThrow('E2BIG');

  expect(getEventListeners(kill, 'abort')).toHaveLength(0);
});
