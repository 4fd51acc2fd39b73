import { observe } from '@redpost/core';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { PubSub } from '../src/index.js';
import { testRedis } from './support/redis.js';

const redis = testRedis();

it('publishing and receiving are observed', async () => {
  const pubsub = new PubSub<number>({ connection: redis.connect() });
  onTestFinished(() => pubsub.close());
  const told: string[] = [];
  let sent = 0;
  onTestFinished(
    observe({
      send({ kind, name, method, count, headers }, run) {
        told.push(`${kind} ${name} ${method} ${count} ${headers}`);
        return run();
      },
      handle({ name, messages }, run) {
        told.push(`handles ${messages.length} of ${name}`);
        return run();
      },
      async receive(operation, run) {
        const result = await run();
        told.push(`received ${operation.messages.length} of ${operation.name}`);
        return result;
      },
      sent(batch) {
        sent += batch.sent;
      },
    }),
  );
  const bodies: number[] = [];
  await pubsub.subscribe('news', { onMessage: ({ body }) => void bodies.push(body) });
  const reader = await pubsub.subscribe('other');
  expect(await pubsub.publish('news', 1)).toBe(1);
  const results = await pubsub.publishBatch([
    { channel: 'news', body: 2 },
    { channel: 'other', body: 3 },
    { channel: 'news', body: 4 },
  ]);
  expect(results.map(({ status }) => status)).toEqual(['published', 'published', 'published']);
  expect((await reader.next())?.body).toBe(3);
  await eventually(() => bodies.length === 3 && sent === 4);
  expect(bodies).toEqual([1, 2, 4]);
  expect([...told].sort()).toEqual(
    [
      'channel news publish 1 undefined',
      'channel news publishBatch 2 undefined',
      'channel other publishBatch 1 undefined',
      'handles 1 of news',
      'handles 1 of news',
      'handles 1 of news',
      'received 1 of other',
    ].sort(),
  );
});
