import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { revokedProxy } from '../../../tooling/revoked-proxy.js';
import { collectWarnings } from '../../../tooling/warnings.js';
import { Topic } from '../src/index.js';
import { testRedis, uniqueName } from './support/redis.js';

const redis = testRedis();

it('a responder that throws what cannot be read, or megabytes of text, still answers', async () => {
  const pubsub = redis.pubsub<string>();
  const channel = uniqueName();
  await pubsub.respond(channel, (body) => {
    throw body === 'proxy' ? revokedProxy() : new Error('x'.repeat(3_000_000));
  });

  const unreadable = await pubsub.request(channel, 'proxy').catch((error) => error);
  const long: Error = await pubsub.request<Error>(channel, 'long').catch((error) => error);

  expect(unreadable).toMatchObject({ code: 'RESPONDER' });
  expect(long).toMatchObject({ code: 'RESPONDER', remoteName: 'Error' });
  expect(long.message).toMatch(/x… \(cut here: the text has 3000000 characters\)$/);
});

it('a group settles records whose handlers throw what cannot be read, and says so when nobody listens', async () => {
  const warned = collectWarnings();
  const topic = new Topic<string>(uniqueName(), { connection: redis.connect() });
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
  await topic.close();
});

it('more than ten readers and subscriptions under one signal warn of no leak', async () => {
  const warned = collectWarnings();
  const stop = new AbortController();
  const { signal } = stop;
  const pubsub = redis.pubsub();
  const topic = new Topic(uniqueName(), { connection: redis.connect() });
  const readAll = async () => {
    for await (const record of topic.read({ signal })) void record;
  };

  const reading = Array.from({ length: 15 }, readAll);
  const subscriptions = await Promise.all(
    Array.from({ length: 15 }, () => pubsub.subscribe(uniqueName(), { signal })),
  );
  const open = await pubsub.subscribe(uniqueName());
  const waiting = Array.from({ length: 15 }, () => open.next({ signal }).catch(() => 'aborted'));
  await new Promise(setImmediate);
  stop.abort();

  await Promise.all(reading);
  await Promise.all(waiting);
  expect(subscriptions.map(({ closeReason }) => closeReason)).toEqual(Array(15).fill('aborted'));
  expect(warned()).toEqual([]);
  await topic.close();
});
