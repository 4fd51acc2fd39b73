import { bytes, text } from '@redpost/core';
import { expect, it } from 'vitest';
import { rejection } from '../../../tooling/rejection.js';
import { elements } from './support/in-redis.js';
import { openConnection, startOwnRedis, useRedis } from './support/use-redis.js';

const redis = useRedis();

it('a message that is too large is refused, and the others of its batch are sent', async () => {
  const queue = redis.queue<string>({ codec: text(), maxMessageBytes: 200 });
  const large = 'x'.repeat(201);

  expect(await rejection(queue.send(large))).toMatchObject({
    code: 'MESSAGE_TOO_LARGE',
    retryable: false,
    maxBytes: 200,
  });
  const results = await queue.sendBatch([
    { body: 'a' },
    { body: large },
    { body: 'b', headers: { trace: large } },
    { body: large, bare: true },
    { body: large, delayMs: 60_000 },
    { body: 'c' },
  ]);

  expect(results.map(({ status }) => status)).toEqual([
    'sent',
    'failed',
    'failed',
    'failed',
    'failed',
    'sent',
  ]);
  expect(await queue.stats()).toMatchObject({ pending: 2, delayed: 0 });
});

it('the limit is for the message as it lies in Redis', async () => {
  const queue = redis.queue<string>({ codec: text() });
  await queue.send('€');
  const [element = ''] = await elements(queue as never);
  const size = Buffer.byteLength(element);
  const { name, connection } = queue;
  const limited = (maxMessageBytes: number) =>
    redis.queue<string>({ name, connection, codec: text(), maxMessageBytes });

  await limited(size).send('€');
  const error = await rejection(limited(size - 1).send('€'));

  expect(error).toMatchObject({ code: 'MESSAGE_TOO_LARGE', bytes: size, maxBytes: size - 1 });
  expect(() => limited(0)).toThrow('maxMessageBytes');
});

it('a message as large as it may be goes every way that a message can go', async () => {
  const queue = redis.queue<Buffer>({ codec: bytes(), sendTimeoutMs: 20_000 });
  const body = Buffer.alloc(16 * 1024 * 1024 - 200, 'x');
  const receive = async () => {
    const delivery = await queue.receive({ timeoutMs: 20_000 });
    expect(delivery?.body.equals(body)).toBe(true);
    return delivery;
  };

  await queue.send(body, { delayMs: 1, ttlMs: 60_000 });
  await (await receive())?.retry();
  await (await receive())?.retry({ delayMs: 1 });
  await (await receive())?.deadLetter();
  await queue.deadLetters.redrive();
  await (await receive())?.ack();

  expect(await queue.stats()).toMatchObject({ pending: 0, active: 0, delayed: 0, dead: 0 });
});

it.each([
  ['proto-max-bulk-len', '1mb'],
  ['client-query-buffer-limit', '2mb'],
])(
  'a message that exceeds %s fails alone, and those around it are sent in order',
  async (setting, limit) => {
    const { url } = await startOwnRedis({ args: [`--${setting}`, limit] });
    const connection = openConnection(url);
    const queue = redis.queue<string>({ codec: text(), connection });
    const other = redis.queue<string>({ codec: text(), connection });
    const refused = { code: 'MESSAGE_TOO_LARGE', outcome: 'not-executed', retryable: false };
    const large = 'x'.repeat(4_000_000);

    const sent = queue.sendBatch([
      { body: 'a' },
      { body: large },
      { body: 'b' },
      { body: large, delayMs: 60_000 },
      { body: 'c' },
    ]);
    const others = ['d', 'e'].map((body) => other.send(body));
    await Promise.all(others);

    expect(await sent).toMatchObject([
      { status: 'sent' },
      { status: 'failed', error: refused },
      { status: 'sent' },
      { status: 'failed', error: refused },
      { status: 'sent' },
    ]);
    expect((await queue.peek(10)).map(({ body }) => body)).toEqual(['a', 'b', 'c']);
    expect(await other.stats()).toMatchObject({ pending: 2 });
  },
);
