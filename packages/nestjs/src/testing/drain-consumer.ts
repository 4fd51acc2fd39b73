import type { INestApplicationContext } from '@nestjs/common';
import { InvalidArgumentError } from '@redpost/core';
import { type DrainResult, drain, type HandlingOptions } from '@redpost/queue/testing';
import type { ConsumerRunner } from '../consuming/consumer-runner.js';
import { runnerToken } from '../tokens.js';

/**
 * Handles all pending messages of a queue by the class that consumes it, one at a time, and resolves when all is settled: `drain()`
 * of `@redpost/queue/testing` for `@Consumer()`. Give `consumers: false` to `RedpostModule.forRoot()`, so that messages are handled only then.
 *
 * ```ts
 * await request(app.getHttpServer()).post('/sign-up').send({ to: 'ann@example.com' });
 * expect(await drainConsumer(app, EmailConsumer)).toMatchObject({ acked: 1 });
 * ```
 *
 * @param app an application or a testing module that was initialized.
 * @param type the class with `@Consumer()`.
 * @throws InvalidArgumentError for a class that is not among the consumers, and what `drain()` throws.
 */
export async function drainConsumer(
  app: INestApplicationContext,
  // biome-ignore lint/complexity/noBannedTypes: any class.
  type: Function,
  options: Omit<HandlingOptions, 'consume'> = {},
): Promise<DrainResult> {
  const runner = app.get<ConsumerRunner>(runnerToken, { strict: false });
  const instance = runner.consumers().find(({ instance }) => instance.constructor === type);
  if (!instance) {
    throw new InvalidArgumentError(`${type.name} is no class with @Consumer() of this application`);
  }
  const { queue: _, connection: __, concurrency: ___, ...consume } = instance.metadata;
  const handle = (delivery: unknown) =>
    instance.handle((instance.batch ? [delivery] : delivery) as never);
  return drain(runner.queueOf(instance), handle, { ...options, consume });
}
