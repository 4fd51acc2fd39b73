import { randomBytes } from 'node:crypto';
import { text } from '@redpost/core';
import { expect, it } from 'vitest';
import { unpackElements } from '../src/message/packed-elements.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();

async function packed(elements: readonly Buffer[]): Promise<Buffer> {
  const { connection } = redis.queue();
  const script = 'return cmsgpack.pack(ARGV)';
  return (await connection.call('EVAL', [script, 0, ...elements])) as Buffer;
}

it.each([0, 1, 15, 16, 500])('%d elements come back as the server packed them', async (count) => {
  const elements = Array.from({ length: count }, (_, at) => randomBytes(at % 40));

  const slices = unpackElements(await packed(elements));

  expect(slices.map(({ bytes }) => bytes)).toEqual(elements);
});

it.each([0, 31, 32, 255, 256, 65_535, 65_536])('so does one of %d bytes', async (size) => {
  const element = randomBytes(size);
  const slices = unpackElements(await packed([Buffer.from('before'), element]));

  expect(slices.map(({ bytes }) => bytes)).toEqual([Buffer.from('before'), element]);
  expect(slices[1]?.size).toBe(size);
});

it('ASCII is at hand as text, and only when all of it is', async () => {
  const plain = Array.from({ length: 200 }, (_, at) => 'x'.repeat(at));
  const slices = unpackElements(await packed(plain.map((element) => Buffer.from(element))));
  expect(slices.map((slice) => slice.text)).toEqual(plain);

  const [mixed, accented] = unpackElements(await packed([Buffer.from('a'), Buffer.from('é')]));
  expect([mixed?.text, accented?.text]).toEqual([undefined, undefined]);
  expect(accented?.bytes).toEqual(Buffer.from('é'));
});

it('messages of every size and alphabet are consumed as they were sent', async () => {
  const queue = redis.queue<string>({ codec: text() });
  const bodies = [0, 1, 20, 31, 32, 200, 255, 256, 500, 600, 70_000].flatMap((length) => [
    'a'.repeat(length),
    'ä'.repeat(length),
    `${'a'.repeat(length)}🙂\n\u0001`,
  ]);
  await queue.sendBatch(bodies.map((body) => ({ body })));

  const received: string[] = [];
  const consumer = queue.consume(({ body }) => void received.push(body));
  await expect.poll(() => received.length, { timeout: 10_000 }).toBe(bodies.length);
  await consumer.stop();

  expect(received).toEqual(bodies);
});

it('so are JSON bodies, each with all of its own characters', async () => {
  const queue = redis.queue<{ text: string }>();
  const bodies = Array.from({ length: 600 }, (_, at) => ({
    text: (at % 3 ? 'plain' : 'größer 🙂').repeat(at % 70),
  }));
  await queue.sendBatch(bodies.map((body) => ({ body })));

  const received: { text: string }[] = [];
  const consumer = queue.consume(({ body }) => void received.push(body));
  await expect.poll(() => received.length, { timeout: 10_000 }).toBe(bodies.length);
  await consumer.stop();

  expect(received).toEqual(bodies);
});
