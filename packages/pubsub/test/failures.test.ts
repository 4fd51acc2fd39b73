import { expect, it } from 'vitest';
import { revokedProxy } from '../../../tooling/revoked-proxy.js';
import { collectWarnings } from '../../../tooling/warnings.js';
import { testRedis, uniqueName } from './support/redis.js';

const redis = testRedis();

it('a responder that throws a value that cannot be read, or megabytes of text, still replies', async () => {
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

it('more than ten subscriptions and readers under one signal warn of no leak', async () => {
  const warned = collectWarnings();
  const stop = new AbortController();
  const { signal } = stop;
  const pubsub = redis.pubsub();

  const subscriptions = await Promise.all(
    Array.from({ length: 15 }, () => pubsub.subscribe(uniqueName(), { signal })),
  );
  const open = await pubsub.subscribe(uniqueName());
  const waiting = Array.from({ length: 15 }, () => open.next({ signal }).catch(() => 'aborted'));
  await new Promise(setImmediate);
  stop.abort();

  await Promise.all(waiting);
  expect(subscriptions.map(({ closeReason }) => closeReason)).toEqual(Array(15).fill('aborted'));
  expect(warned()).toEqual([]);
});
