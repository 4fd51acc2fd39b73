import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { slowness } from '../../../tooling/machine-pace.js';
import { runDemo, startDemo } from './support/start-demo.js';
import { allKeys, useRedis } from './support/use-redis.js';

const quick = ['--messages', '2', '--interval', '20ms'];
const long = ['--messages', '1000', '--interval', '50ms'];
const closedPort = 'redis://127.0.0.1:1';

describe('on a Redis of the user', () => {
  it.each([
    ['REDIS_URL', (url: string) => runDemo(quick, { REDIS_URL: url })],
    ['--redis', (url: string) => runDemo([...quick, '--redis', url], { REDIS_URL: closedPort })],
  ])('named by %s, it leaves no key behind and touches no other', async (source, run) => {
    const { redis, connection } = await useRedis();
    await connection.call('LPUSH', ['task', 'of somebody else']);

    const demo = await run(redis.url);

    expect(demo.stdout).toContain(`Redis at 127.0.0.1:${redis.port} (${source})`);
    expect(demo.lastLine).toBe('20 sent, 20 consumed, 0 lost, 0 duplicated');
    expect(await allKeys(connection)).toEqual(['task']);
    expect(await connection.call('LLEN', ['task'])).toBe(1);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('it leaves no key behind after %s', async (signal) => {
    const { redis, connection } = await useRedis();
    const demo = await startDemo(long, { REDIS_URL: redis.url });
    await eventually(() => demo.output().includes('20/10000'));

    demo.process.kill(signal);

    await demo.ended;
    expect(await allKeys(connection)).toEqual([]);
  });

  it('it leaves no key behind when its output is closed', async () => {
    const { redis, connection } = await useRedis();
    const demo = await startDemo(long, { REDIS_URL: redis.url });
    await eventually(() => demo.output().includes('20/10000'));

    demo.process.stdout?.destroy();

    expect((await demo.ended).code).toBe(141);
    expect(await allKeys(connection)).toEqual([]);
  });
});

describe('a Redis that cannot be reached', () => {
  it('is named within 5 seconds, with how to start one, and exit code 1', async () => {
    const { code, stderr, tookMs } = await runDemo([], { REDIS_URL: closedPort });

    expect(stderr).toContain('Redis at 127.0.0.1:1 cannot be reached');
    expect(stderr).toContain('redis-server');
    expect(stderr).toContain('run the demo without REDIS_URL');
    expect(code).toBe(1);
    expect(tookMs / slowness()).toBeLessThan(5000);
  });
});
