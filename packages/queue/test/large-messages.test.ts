import { text } from '@redpost/core';
import { expect, it, onTestFinished } from 'vitest';
import { answerSizes } from '../../../tooling/answer-sizes.js';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import { slowNetwork } from '../../../tooling/slow-network.js';
import { deferred } from './support/in-redis.js';
import { openConnection, startOwnRedis, useRedis } from './support/use-redis.js';

const redis = useRedis();
const mebibyte = 1024 * 1024;
const large = 'x'.repeat(3 * mebibyte);
/** The most that one answer has: a mebibyte and a message, and what stands around them. */
const mostInAnAnswer = mebibyte + large.length + 1000;

async function sendLarge(queue: ReturnType<typeof redis.queue<string>>, count: number) {
  for (let n = 0; n < count; n += 1) await queue.send(`${n} ${large}`);
}

it('large messages are handled over a slow network, and nothing is asked for twice', async () => {
  const network = await slowNetwork(redis.url, 12 * mebibyte);
  onTestFinished(() => network.close());
  const producer = redis.queue<string>({ codec: text() });
  await sendLarge(producer, 10);
  const connection = openConnection(network.url, { callTimeoutMs: 1000 });
  const queue = redis.queue<string>({ name: producer.name, connection, codec: text() });
  const handled = new Set<string>();
  const errors: Error[] = [];

  const consumer = queue.consume(({ body }) => void handled.add(body.slice(0, 2)), {
    concurrency: 50,
  });
  consumer.on('error', (error) => errors.push(error));
  await eventually(() => handled.size === 10, 60_000);

  expect(errors).toEqual([]);
  expect(network.received).toBeLessThan(11 * large.length);
}, 90_000);

it.each(['fifo', 'lifo'] as const)(
  '%s: no answer has many large messages, and their order is kept',
  async (order) => {
    const { connection, largest } = answerSizes(redis.connection());
    const queue = redis.queue<string>({ connection, codec: text(), consume: { order } });
    const small = Array.from({ length: 6 }, (_, n) => `${n}`);
    const sent = [...small, ...Array.from({ length: 9 }, (_, n) => `${n + 6} ${large}`), ...small];
    const expected = sent.map((body) => body.slice(0, 2).trim());
    if (order === 'lifo') expected.reverse();
    for (const body of sent) await queue.send(body);
    const seen: string[] = [];

    const peeked = await queue.peek(100);
    queue.consume(({ body }) => void seen.push(body.slice(0, 2).trim()), {
      concurrency: 100,
      order,
    });
    await eventually(() => seen.length === sent.length, 30_000);

    expect(peeked.map(({ body }) => body?.slice(0, 2).trim())).toEqual(expected);
    expect(seen).toEqual(expected);
    expect(largest.get('lease')).toBeLessThan(mostInAnAnswer);
    expect(largest.get('peek')).toBeLessThan(mostInAnAnswer);
  },
  60_000,
);

it('messages that were leased by a lost answer come in several answers, and known ones are not sent again', async () => {
  let isLost = false;
  const lossy = interposed(redis.connection(), async (script, run) => {
    const answer = await run();
    if (script !== 'lease' || isLost) return answer;
    isLost = true;
    throw new Error('The answer got lost');
  });
  const { connection, largest } = answerSizes(lossy);
  const queue = redis.queue<string>({ connection, codec: text() });
  for (let n = 0; n < 30; n += 1) await queue.send(`${n} ${large.slice(0, mebibyte / 10)}`);
  const seen: string[] = [];

  const consumer = queue.consume(({ body }) => void seen.push(body.slice(0, 2).trim()), {
    concurrency: 30,
  });
  consumer.on('error', () => {});
  await eventually(() => seen.length === 30, 30_000);

  expect([...seen].sort((a, b) => Number(a) - Number(b))).toEqual(
    Array.from({ length: 30 }, (_, n) => `${n}`),
  );
  expect(largest.get('fetch')).toBeGreaterThan(0);
  expect(largest.get('fetch')).toBeLessThan(1.1 * mebibyte);
}, 60_000);

it('dead letters are listed and sent again in several answers', async () => {
  const { connection, largest } = answerSizes(redis.connection());
  const queue = redis.queue<string>({ connection, codec: text() });
  await sendLarge(queue, 5);
  for (let n = 0; n < 5; n += 1) await (await queue.receive())?.deadLetter('no');

  const listed = await queue.deadLetters.list();
  const firstTwo = await queue.deadLetters.list({ limit: 2 });

  expect(listed.map(({ body }) => body?.slice(0, 1))).toEqual(['0', '1', '2', '3', '4']);
  expect(firstTwo.map(({ body }) => body?.slice(0, 1))).toEqual(['0', '1']);
  expect(largest.get('peek-dead')).toBeLessThan(mostInAnAnswer);
  expect(await queue.deadLetters.redrive()).toMatchObject({ redriven: 5 });
  expect((await queue.peek()).map(({ body }) => body?.slice(0, 1))).toEqual([
    '0',
    '1',
    '2',
    '3',
    '4',
  ]);
}, 60_000);

it('no script has many large messages in its memory at a time', async () => {
  const { url } = await startOwnRedis();
  const outside = openConnection(url);
  const used = new Map<string, number>();
  const connection = interposed(openConnection(url), async (script, run) => {
    const answer = await run();
    const info = String(await outside.call('INFO', ['memory']));
    const bytes = Number(/used_memory_lua:(\d+)/.exec(info)?.[1]);
    used.set(script, Math.max(used.get(script) ?? 0, bytes));
    return answer;
  });
  const queue = redis.queue<string>({ connection, codec: text() });
  const count = 40;
  await queue.send('small', { delayMs: 1 });
  for (let n = 1; n < count; n += 1) await queue.send(`${n} ${large}`, { delayMs: 1 });
  const seen: string[] = [];
  const attempts = new Map<number, number>();
  const allOf = [1, 2, 3].map(() => deferred());

  const consumer = queue.consume(
    async ({ body, attempt }) => {
      const number = (attempts.get(attempt) ?? 0) + 1;
      attempts.set(attempt, number);
      if (number === count) allOf[attempt - 1]?.resolve();
      await allOf[attempt - 1]?.promise;
      if (attempt < 3) throw new Error('Again');
      seen.push(body.slice(0, 2).trim());
    },
    // The first time at once, then after a while.
    { concurrency: count, backoff: (attempt) => (attempt === 1 ? 0 : 50) },
  );
  await eventually(() => seen.length === count, 60_000);
  await consumer.stop();

  expect([...used.keys()]).toEqual(expect.arrayContaining(['promote', 'lease', 'retry', 'leave']));
  // Of one that is taken apart and put together again Lua has several copies.
  expect(Math.max(...used.values())).toBeLessThan(10 * large.length);
}, 90_000);
