import { inspect } from 'node:util';
import { bytes, msgpack } from '@redpost/core';
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
    queue: queue.name,
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

it('JSON has bodies of bytes as base64, also where they are part of a body', async () => {
  const files = redis.queue<Uint8Array>({ codec: bytes() });
  await files.send(Buffer.from('hello'), { id: 'a' });
  expect(JSON.stringify(await files.peek())).toContain('"body":"aGVsbG8="');
  const file = await files.receive();
  expect(JSON.stringify(file)).toContain('"body":"aGVsbG8="');
  await file?.deadLetter();
  expect(JSON.stringify(await files.deadLetters.list())).toContain('"body":"aGVsbG8="');

  const mails = redis.queue<{ attachment: Uint8Array }>({ codec: msgpack() });
  await mails.send({ attachment: Buffer.from('hello') });
  const mail = await mails.receive();
  expect(JSON.stringify(mail)).toContain('"body":{"attachment":"aGVsbG8="}');
  await mail?.ack();
});

it('console.log shows the message of a delivery, and nothing of the consumer that holds it', async () => {
  const queue = redis.queue<object>();
  await queue.send({ to: 'ann@example.com' }, { id: 'a' });
  const delivery = await queue.receive();
  const text = inspect(delivery, { depth: 10 });
  expect(text).toMatch(/^Delivery \{/);
  expect(text).toContain("body: { to: 'ann@example.com' }");
  expect(text).not.toContain('settler');
  await delivery?.ack();
});
