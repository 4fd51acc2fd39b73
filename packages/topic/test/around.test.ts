import { InvalidArgumentError } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { useTopics } from './support/topics.js';

const redis = useTopics();

it('functions run around each handler of a group, the first one outermost', async () => {
  const topic = redis.topic<string>();
  const log: string[] = [];
  const group = topic.group('billing');
  group.use(async ({ body }, next) => {
    log.push(`outer ${body}`);
    try {
      await next();
    } finally {
      log.push(`left ${body}`);
    }
  });
  group.use(({ body }, next) => (body === 'skipped' ? undefined : next()));
  for (const body of ['good', 'bad', 'skipped']) await topic.publish(body);
  const consumer = group.consume(
    ({ body }) => {
      log.push(`handler ${body}`);
      if (body === 'bad') throw new Error('no');
    },
    { concurrency: 1, maxAttempts: 1 },
  );
  consumer.on('failed', ({ delivery, error }) =>
    log.push(`event ${delivery.body} ${error.message}`),
  );

  await eventually(async () => (await group.stats()).total.acked === 2);
  expect(log).toEqual([
    'outer good',
    'handler good',
    'left good',
    'outer bad',
    'handler bad',
    'left bad',
    'event bad no',
    'outer skipped',
    'left skipped',
  ]);
  expect(() => group.use('no' as never)).toThrow(InvalidArgumentError);
});

it('a consumer of a group tells which records were acknowledged, and how long they waited and ran', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  for (let n = 0; n < 20; n += 1) await topic.publish(n);
  const acked: number[] = [];
  const consumer = topic.group('billing').consume(
    ({ body }) => {
      if (body === 7) throw new Error('no');
    },
    { maxAttempts: 1 },
  );
  consumer.on('failed', () => {});
  consumer.on('acked', ({ records }) => {
    for (const { delivery, waitMs, runMs } of records) {
      acked.push(delivery.body);
      expect(waitMs).toBeGreaterThanOrEqual(0);
      expect(runMs).toBeGreaterThanOrEqual(0);
    }
  });
  await eventually(() => acked.length === 19);
  expect(acked.sort((a, b) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, n) => n).filter((n) => n !== 7),
  );
});
