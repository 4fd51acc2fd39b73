import 'reflect-metadata';
import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { connect } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import type { Delivery, Queue } from '@redpost/queue';
import { FakeClock } from '@redpost/queue/testing';
import { expect, it, onTestFinished } from 'vitest';
import { Consumer, getQueueToken, Handle, HandleBatch, RedpostModule } from '../src/index.js';
import { drainConsumer } from '../src/testing/index.js';

@Injectable()
class Mailer {
  readonly sent: string[] = [];
}

@Consumer('emails', { maxAttempts: 2 })
class Emails {
  constructor(@Inject(Mailer) readonly mailer: Mailer) {}

  @Handle()
  send({ body }: Delivery<string>) {
    if (body === 'nobody') throw new Error('no such mailbox');
    this.mailer.sent.push(body);
  }
}

@Consumer('visits')
class Visits {
  constructor(@Inject(Mailer) readonly mailer: Mailer) {}

  @HandleBatch()
  insert(deliveries: readonly Delivery<string>[]) {
    this.mailer.sent.push(...deliveries.map(({ body }) => body));
  }
}

@Module({
  imports: [RedpostModule.registerQueue('emails', 'visits')],
  providers: [Emails, Visits, Mailer],
})
class AppModule {}

it('a test drains a consumer by its class, with its dependencies and a fake clock', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const clock = await FakeClock.on(connect(redis.url));
  const { connection } = clock;
  const root = RedpostModule.forRoot({ connection, consumers: false });
  const app = await Test.createTestingModule({ imports: [root, AppModule] }).compile();
  await app.init();
  onTestFinished(async () => {
    await app.close();
    await connection.close();
  });
  const emails = app.get<Queue<string>>(getQueueToken('emails'), { strict: false });
  const { sent } = app.get(Mailer, { strict: false });

  await emails.send('ann');
  await emails.send('later', { delayMs: 86_400_000 });
  expect(await drainConsumer(app, Emails)).toMatchObject({ handled: 1, acked: 1 });
  expect(sent).toEqual(['ann']);
  await drainConsumer(app, Emails, { clock });
  expect(sent).toEqual(['ann', 'later']);

  await emails.send('nobody');
  await expect(drainConsumer(app, Emails)).rejects.toThrow('no such mailbox');
  const result = await drainConsumer(app, Emails, { clock, errors: 'collect' });
  expect(result).toMatchObject({ dead: 1 });

  await app.get<Queue<string>>(getQueueToken('visits'), { strict: false }).send('visit');
  expect(await drainConsumer(app, Visits)).toMatchObject({ acked: 1 });
  expect(sent.at(-1)).toBe('visit');
  await expect(drainConsumer(app, Mailer)).rejects.toThrow('no class with @Consumer()');
});
