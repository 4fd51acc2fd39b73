import { tracingChannel } from 'node:diagnostics_channel';
import { observe } from '@redpost/core';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { useTopics } from './support/topics.js';

const redis = useTopics();

it('publishing, handling, reading and settling are observed', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  const told: string[] = [];
  const counts = { sent: 0, acked: 0, dead: 0 };
  const times: { waitMs: number | undefined; runMs: number | undefined }[] = [];
  onTestFinished(
    observe({
      send(operation, run) {
        const { kind, name, method, count } = operation;
        told.push(`${kind} ${name === topic.name} ${method} ${count}`);
        if (operation.headers) operation.headers.trace = method;
        return run();
      },
      handle({ group, messages }, run) {
        told.push(`${group} ${messages.map(({ headers }) => headers.trace)}`);
        return run();
      },
      async receive(operation, run) {
        const result = await run();
        told.push(`read ${operation.messages.map(({ headers }) => headers.trace).sort()}`);
        return result;
      },
      sent(batch) {
        counts.sent += batch.sent;
      },
      settled(batch) {
        counts.acked += batch.counts.acked;
        counts.dead += batch.counts.dead;
        times.push(...batch.times);
      },
    }),
  );
  const offset = await topic.publish(1, { key: 'a' });
  await topic.publishBatch([
    { body: 2, key: 'a' },
    { body: 3, key: 'a', headers: { own: 'yes' } },
  ]);
  const group = topic.group('billing');
  const consumer = group.consume(
    ({ body }) => {
      if (body === 2) throw new Error('no');
    },
    { maxAttempts: 1 },
  );
  consumer.on('failed', () => {});
  await eventually(() => counts.acked + counts.dead === 3);
  for await (const record of topic.read({ from: 'beginning' })) {
    expect(record.offset).toBe(offset);
    break;
  }
  expect(told.slice(0, 5)).toEqual([
    'topic true publish 1',
    'topic true publishBatch 2',
    'billing publish',
    'billing publishBatch',
    'billing publishBatch',
  ]);
  expect(told.slice(5)).toContain('read publish,publishBatch,publishBatch');
  expect(counts).toEqual({ sent: 3, acked: 2, dead: 1 });
  for (const { waitMs, runMs } of times) {
    expect(waitMs).toBeGreaterThanOrEqual(0);
    expect(runMs).toBeGreaterThanOrEqual(0);
  }
});

it('tracing channels of diagnostics_channel have what is published, read and handled', async () => {
  const topic = redis.topic<number>();
  const begun: string[] = [];
  for (const what of ['publish', 'receive', 'handle']) {
    const start = tracingChannel(`redpost:${what}`).start;
    const subscriber = (operation: unknown) => {
      const { kind, name } = operation as { kind: string; name: string };
      if (name === topic.name) begun.push(`${what} ${kind}`);
    };
    start.subscribe(subscriber);
    onTestFinished(() => void start.unsubscribe(subscriber));
  }
  await topic.publish(1);
  for await (const _record of topic.read({ from: 'beginning' })) break;
  topic.group('g').consume(() => {});
  await eventually(() => begun.includes('handle topic'));
  expect([...new Set(begun)]).toEqual(['publish topic', 'receive topic', 'handle topic']);
});
