import { bytes, msgpack } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { date } from '../../../tooling/schemas.js';
import { testRedis, uniqueName } from './support/redis.js';

const redis = testRedis();

it.each([
  ['bytes', bytes(), Buffer.from('hello'), 'aGVsbG8='],
  ['bytes in an object', msgpack(), { file: Buffer.from('hello') }, { file: 'aGVsbG8=' }],
  ['a bigint', msgpack(), 2n ** 60n, String(2n ** 60n)],
  ['JSON', undefined, { a: [1] }, { a: [1] }],
])('JSON of a message has its body: %s', async (_, codec, body, written) => {
  const channel = uniqueName();
  const pubsub = redis.pubsub<unknown>({ codec: codec as never });
  const read = await pubsub.subscribe(channel);
  const handled: string[] = [];
  await pubsub.subscribe(channel, {
    onMessage: (message) => void handled.push(JSON.stringify(message)),
  });
  await pubsub.publish(channel, body);
  const message = await read.next();
  expect(JSON.parse(JSON.stringify(message))).toEqual({ channel, body: written });
  expect(message?.body).toEqual(body);
  await eventually(() => handled.length === 1);
  expect(JSON.parse(handled[0] as string)).toEqual({ channel, body: written });
});

it('JSON of a message that cannot be read has its payload as base64, and says why', async () => {
  const channel = uniqueName();
  const subscription = await redis.pubsub({ schema: date }).subscribe(channel);
  const invalid: string[] = [];
  subscription.on('invalid', (message) => invalid.push(JSON.stringify(message)));
  void subscription.next().catch(() => {});
  await redis.admin.call('PUBLISH', [channel, 'no json']);
  await eventually(() => invalid.length === 1);
  expect(JSON.parse(invalid[0] as string)).toEqual({
    channel,
    payload: Buffer.from('no json').toString('base64'),
    error: expect.stringContaining('JSON'),
  });
});
