import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { revokedProxy } from '../../../tooling/revoked-proxy.js';
import { collectWarnings } from '../../../tooling/warnings.js';
import { useTopics } from './support/topics.js';

const redis = useTopics();

it('a group settles records whose handlers throw a value that cannot be read, and warns when no listener is attached', async () => {
  const warned = collectWarnings();
  const topic = redis.topic<string>();
  const group = topic.group('billing');
  const thrown: Record<string, unknown> = {
    proxy: revokedProxy(),
    long: new Error('y'.repeat(3_000_000)),
  };
  for (const body of Object.keys(thrown)) await topic.publish(body);

  const consumer = group.consume(({ body }) => Promise.reject(thrown[body]), { maxAttempts: 1 });
  await eventually(async () => (await group.deadLetters.count()) === 2);
  await consumer.stop();

  const errors = (await group.deadLetters.list()).map(({ error }) => error);
  expect(errors[1]).toMatch(/^y{4000,}… \(cut here: the text has 3000000 characters\)$/);
  expect(errors[0]?.length).toBeGreaterThan(0);
  expect(warned()).toEqual([
    expect.stringContaining(
      `1 message became a dead letter in group billing of topic ${topic.name}`,
    ),
    expect.stringContaining('1 message became a dead letter'),
  ]);
});

it('more than ten readers under one signal warn of no leak', async () => {
  const warned = collectWarnings();
  const stop = new AbortController();
  const { signal } = stop;
  const topic = redis.topic();
  const readAll = async () => {
    for await (const record of topic.read({ signal })) void record;
  };

  const reading = Array.from({ length: 15 }, readAll);
  await new Promise(setImmediate);
  stop.abort();

  await Promise.all(reading);
  expect(warned()).toEqual([]);
});
