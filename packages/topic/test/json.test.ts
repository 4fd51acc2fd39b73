import { inspect } from 'node:util';
import { bytes, msgpack, type Schema } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { useTopics } from './support/topics.js';

const redis = useTopics();

it('the JSON of a delivery is its record, without internals', async () => {
  const topic = redis.topic<object>();
  const texts: string[] = [];
  const shown: string[] = [];
  topic.group('g').consume((delivery) => {
    shown.push(inspect(delivery, { depth: 10 }));
    texts.push(JSON.stringify(delivery));
  });
  await topic.publish({ a: 1 }, { key: 'k' });
  await eventually(() => texts.length === 1);
  expect(JSON.parse(texts[0] as string)).toMatchObject({ key: 'k', body: { a: 1 }, attempt: 1 });
  expect(Object.keys(JSON.parse(texts[0] as string))).not.toContain('settler');
  expect(shown[0]).toContain("key: 'k'");
  expect(shown[0]).not.toContain('settler');
});

it('JSON of records has bodies of bytes as base64, also of those that cannot be read', async () => {
  const topic = redis.topic<Uint8Array>({ codec: bytes() });
  const unreadable: string[] = [];
  topic.on('unreadable', (record) => unreadable.push(JSON.stringify(record)));
  await topic.publish(Buffer.from('hello'));
  await topic.connection.call('XADD', [topic.name, '*', 'body', 'hello', 'headers', 'no json']);
  await topic.publish(Buffer.from('end'));
  const texts: string[] = [];
  for await (const record of topic.read({ from: 'beginning' })) {
    texts.push(JSON.stringify(record));
    if (texts.length === 2) break;
  }
  expect(texts[0]).toContain('"body":"aGVsbG8="');
  expect(JSON.parse(unreadable[0] as string)).toMatchObject({
    bytes: 'aGVsbG8=',
    error: 'The headers are not a JSON object of strings',
  });
});

it('JSON of records has bytes that are part of a body as base64, whatever has read them', async () => {
  const packed = redis.topic<object>({ codec: msgpack() });
  await packed.publish({ photo: Buffer.from('hello'), views: 2n ** 60n });
  for await (const record of packed.read({ from: 'beginning' })) {
    expect(JSON.parse(JSON.stringify(record)).body).toEqual({
      photo: 'aGVsbG8=',
      views: String(2n ** 60n),
    });
    break;
  }

  const schema: Schema<unknown, unknown> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (text) => ({ value: Buffer.from(String(text)) }),
    },
  };
  const transformed = redis.topic({ schema });
  await transformed.publish('hello');
  for await (const record of transformed.read({ from: 'beginning' })) {
    expect(JSON.parse(JSON.stringify(record)).body).toBe('aGVsbG8=');
    break;
  }
});

it('JSON of a dead letter has its body once', async () => {
  const topic = redis.topic<object>();
  const group = topic.group('g');
  group.consume((delivery) => delivery.deadLetter('rejected'));
  await topic.publish({ a: 1 });
  await eventually(async () => (await group.deadLetters.count()) === 1);
  const [dead] = await group.deadLetters.list();
  expect(dead?.bytes).toEqual(Buffer.from('{"a":1}'));
  expect(JSON.parse(JSON.stringify(dead))).toMatchObject({ body: { a: 1 }, reason: 'rejected' });
  expect(JSON.stringify(dead)).not.toContain('bytes');
});
