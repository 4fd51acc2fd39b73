import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { expectNothingLeft, serverPid } from './support/private-redis.js';
import { startDemo } from './support/start-demo.js';

describe('the private Redis', () => {
  it('is gone when the demo has ended, with its folder', async () => {
    const demo = await startDemo(['--messages', '2', '--interval', '500ms']);
    const pid = await serverPid(demo);

    expect((await demo.ended).code).toBe(0);
    await expectNothingLeft(demo, pid);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('is gone after %s, with exit code %i', async (signal, code) => {
    const demo = await startDemo(['--messages', '1000', '--interval', '100ms']);
    const pid = await serverPid(demo);
    await eventually(() => demo.output().includes('20/10000'));

    demo.process.kill(signal);

    const ended = await demo.ended;
    expect(ended.code).toBe(code);
    expect(ended.stderr).toBe('Interrupted.\n');
    await expectNothingLeft(demo, pid);
  });

  it('is gone after a signal that comes while it starts', async () => {
    const demo = await startDemo([]);
    await eventually(async () => (await readdir(demo.folder)).length > 0);

    demo.process.kill('SIGINT');

    expect((await demo.ended).code).toBe(130);
    await eventually(async () => (await readdir(demo.folder)).length === 0);
  });

  it('is recommended for installation when it is missing', async () => {
    const demo = await startDemo([], { REDPOST_REDIS_SERVER: '/nowhere/redis-server' });

    const { code, stderr } = await demo.ended;
    expect(stderr).toContain('/nowhere/redis-server is not a program');
    expect(code).toBe(1);
  });
});
