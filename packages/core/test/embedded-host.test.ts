import { existsSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from './embedded-host/eventually.js';
import { isAlive } from './embedded-host/is-alive.js';
import { type Host, runHost, type Way } from './embedded-host/run-host.js';

async function run(way: Way): Promise<Host> {
  const host = await runHost(way);
  onTestFinished(() => void host.process.kill('SIGKILL'));
  return host;
}

async function expectNothingLeft({ redis }: Host): Promise<void> {
  await eventually(() => !isAlive(redis.pid));
  await eventually(() => !existsSync(redis.dir));
}

describe('a program with an embedded Redis leaves neither a process nor a folder', () => {
  it('when it comes to its end, which the server does not keep it from', async () => {
    const host = await run('falls-off-the-end');

    expect(await host.ended).toBe(0);
    await expectNothingLeft(host);
  });

  it('when it calls process.exit', async () => {
    const host = await run('calls-exit');

    expect(await host.ended).toBe(3);
    await expectNothingLeft(host);
  });

  it('when it throws', async () => {
    const host = await run('throws');

    expect(await host.ended).toBe(1);
    await expectNothingLeft(host);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
    'when %s ends it',
    async (signal) => {
      const host = await run('waits');
      expect(isAlive(host.redis.pid)).toBe(true);

      host.process.kill(signal);

      expect(await host.ended).toBe(signal);
      await expectNothingLeft(host);
    },
  );

  it('when it handles SIGINT itself and ends in its own time', async () => {
    const host = await run('handles-SIGINT');

    host.process.kill('SIGINT');

    expect(await host.ended).toBe(0);
    expect(host.lines).toEqual(['asked to end']);
    await expectNothingLeft(host);
  });
});
