import { MessageTooLargeError, ValidationError } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { useTopics } from './support/topics.js';

const redis = useTopics();
const numbers = (count: number, first = 0) => Array.from({ length: count }, (_, n) => first + n);

/** What a topic needs of a queue. */
class FakeQueue {
  readonly sent: { body: number; id: string; headers?: Readonly<Record<string, string>> }[] = [];
  readonly name: string;
  fail: ((body: number) => Error | undefined) | undefined;

  constructor(name: string) {
    this.name = name;
  }

  async send(body: number, options: { id: string; headers?: Readonly<Record<string, string>> }) {
    const error = this.fail?.(body);
    if (error) throw error;
    this.sent.push({ body, ...options });
  }
}

it('feeds every queue with every record, from the oldest on, under ids of where records stand', async () => {
  const topic = redis.topic<number>();
  const offset = await topic.publish(0, { headers: { trace: 't' } });
  const queues = [new FakeQueue('mails'), new FakeQueue('bills')];
  for (const queue of queues) topic.forward(queue);
  await Promise.all(numbers(999, 1).map((n) => topic.publish(n)));
  for (const { sent } of queues) {
    await eventually(() => sent.length === 1000);
    expect(sent.map(({ body }) => body)).toEqual(numbers(1000));
    expect(new Set(sent.map(({ id }) => id)).size).toBe(1000);
    expect(sent[0]).toEqual({ body: 0, id: `${topic.name}:0:${offset}`, headers: { trace: 't' } });
  }
  await eventually(async () => (await topic.group('forward:mails').stats()).total.acked === 1000);
});

it('a record that a queue could not store is sent again, and is not acknowledged before', async () => {
  const topic = redis.topic<number>();
  const queue = new FakeQueue('mails');
  queue.fail = () => new Error('away');
  const forwarder = topic.forward(queue, { backoff: () => 20 });
  await Promise.all(numbers(20).map((n) => topic.publish(n)));
  let failures = 0;
  forwarder.on('failed', () => {
    failures += 1;
  });
  await eventually(() => failures > 60);
  expect((await topic.group('forward:mails').stats()).total.acked).toBe(0);
  queue.fail = undefined;

  await eventually(() => queue.sent.length === 20);
  await eventually(async () => (await topic.group('forward:mails').stats()).pending === 0);
  expect(new Set(queue.sent.map(({ id }) => id)).size).toBe(20);
});

it('a record that a queue rejects for good becomes a dead letter of its group', async () => {
  const topic = redis.topic<number>();
  const queue = new FakeQueue('mails');
  const refusals = [
    new ValidationError('odd', { issues: [] }),
    new MessageTooLargeError({ bytes: 9, maxBytes: 8 }),
  ];
  queue.fail = (body) => refusals[body];
  topic.forward(queue);
  await Promise.all(numbers(4).map((n) => topic.publish(n)));
  await eventually(() => queue.sent.length === 2);

  await eventually(async () => (await topic.group('forward:mails').deadLetters.count()) === 2);
  const dead = await topic.group('forward:mails').deadLetters.list();
  expect(dead.map(({ body, reason }) => [body, reason])).toEqual(
    refusals.map(({ message }, body) => [body, `refused by mails: ${message}`]),
  );
});
