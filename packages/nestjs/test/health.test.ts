import 'reflect-metadata';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { startRedis } from '@redpost/core/embedded';
import { expect, it, onTestFinished } from 'vitest';
import { RedpostHealthIndicator, RedpostModule } from '../src/index.js';

it('the health of Redis is told to terminus, and to a controller', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const app = await Test.createTestingModule({
    imports: [
      TerminusModule.forRoot({ logger: false }),
      RedpostModule.forRoot({ target: redis.url }),
    ],
  }).compile();
  app.useLogger(false);
  await app.init();
  onTestFinished(() => app.close());
  const indicator = app.get(RedpostHealthIndicator, { strict: false });
  const health = app.get(HealthCheckService, { strict: false });
  const check = () => health.check([() => indicator.check('redis', { timeoutMs: 300 })]);

  expect(await check()).toMatchObject({
    status: 'ok',
    details: { redis: { status: 'up', roundTripMs: expect.any(Number) } },
  });

  await redis.kill();
  await expect(check()).rejects.toMatchObject({
    response: { status: 'error', error: { redis: { status: 'down' } } },
  });
  expect((await indicator.check('redis', { timeoutMs: 100 })).redis).toMatchObject({
    status: 'down',
    message: expect.stringContaining('127.0.0.1'),
  });
});
