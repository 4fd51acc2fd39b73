import { expect, it } from 'vitest';
import { unpackEntries } from '../src/record/packed-entries.js';
import { useTopics } from './support/topics.js';

const redis = useTopics();
const lua = "return cmsgpack.pack(redis.call('XRANGE', KEYS[1], '-', '+'))";

it.each([0, 1, 15, 16, 300])('takes apart %i entries as Redis has packed them', async (count) => {
  const topic = redis.topic();
  const bodies = Array.from({ length: count }, (_, n) => 'x'.repeat(n * 7));
  for (const body of bodies) await topic.connection.call('XADD', [topic.name, '*', 'body', body]);
  const packed = (await topic.connection.call('EVAL', [lua, 1, topic.name])) as Buffer;

  const entries = unpackEntries(packed);
  expect(entries.map(({ body }) => body?.text)).toEqual(bodies);
  expect(entries.map(({ body }) => String(body?.bytes))).toEqual(bodies);
  expect(entries.every(({ offset }) => /^\d+-\d+$/.test(offset))).toBe(true);
});

it('gives the text of ASCII only, and the bytes of everything', async () => {
  const topic = redis.topic();
  const bodies = [Buffer.from('ascii'), Buffer.from('grün'), Buffer.from([0, 255, 128, 10])];
  for (const body of bodies) await topic.connection.call('XADD', [topic.name, '*', 'body', body]);
  const fields = ['body', 'b', 'key', 'k'].map((text) => Buffer.from(text));
  await topic.connection.call('XADD', [topic.name, '*', ...fields]);
  await topic.connection.call('XADD', [topic.name, '*', 'else', 'x']);
  await topic.connection.call('XADD', [topic.name, '*', 'body', Buffer.alloc(70_000, 65)]);
  const packed = (await topic.connection.call('EVAL', [lua, 1, topic.name])) as Buffer;

  const entries = unpackEntries(packed);
  expect(entries.slice(0, 3).map(({ body }) => body?.bytes)).toEqual(bodies);
  expect(entries.map(({ body }) => body?.text)).toEqual(Array(6).fill(undefined));
  expect(entries[3]?.fields).toEqual(fields);
  expect(entries[4]?.fields?.map(String)).toEqual(['else', 'x']);
  expect(entries[5]?.body?.size).toBe(70_000);
});
