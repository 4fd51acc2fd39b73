import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { useTopics } from './support/topics.js';

const redis = useTopics();

it('the JSON of a delivery is its record, without internals', async () => {
  const topic = redis.topic<object>();
  const texts: string[] = [];
  topic.group('g').consume((delivery) => texts.push(JSON.stringify(delivery)));
  await topic.publish({ a: 1 }, { key: 'k' });
  await eventually(() => texts.length === 1);
  expect(JSON.parse(texts[0] as string)).toMatchObject({ key: 'k', body: { a: 1 }, attempt: 1 });
  expect(Object.keys(JSON.parse(texts[0] as string))).not.toContain('settler');
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
