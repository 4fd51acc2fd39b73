import { expect, it } from 'vitest';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();

it('JSON of messages, deliveries and dead letters has each body once', async () => {
  const queue = redis.queue<object>();
  await queue.connection.call('LPUSH', [queue.name, 'no json']);
  await queue.send({ to: 'ann@example.com' }, { id: 'a' });
  const [unreadable, sent] = await queue.peek();
  expect(JSON.parse(JSON.stringify(unreadable)).bytes).toBe(
    Buffer.from('no json').toString('base64'),
  );
  const text = JSON.stringify(sent);
  expect(JSON.parse(text)).toMatchObject({ id: 'a', body: { to: 'ann@example.com' } });
  expect(text).not.toContain('bytes');
  const delivery = await queue.receive();
  expect(JSON.parse(JSON.stringify(delivery))).toEqual({
    id: 'a',
    body: { to: 'ann@example.com' },
    headers: {},
    priority: 4,
    sentAt: delivery?.sentAt?.toJSON(),
    attempt: 1,
    receipt: delivery?.receipt,
  });
  await delivery?.deadLetter('rejected');
  const dead = (await queue.deadLetters.list()).find(({ id }) => id === 'a');
  expect(JSON.stringify(dead)).not.toContain('bytes');
  expect(JSON.parse(JSON.stringify(dead))).toMatchObject({ reason: 'rejected', id: 'a' });
  expect(dead?.bytes).toEqual(Buffer.from('{"to":"ann@example.com"}'));
});
