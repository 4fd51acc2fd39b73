import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { Topic } from '../src/index.js';
import { useTopics } from './support/topics.js';

const redis = useTopics();

// biome-ignore lint/suspicious/noExplicitAny: wrong arguments of any kind.
const anything = (value: unknown): any => value;

it.each([
  [undefined, /needs a connection: .* got undefined$/],
  [{ connection: 'redis://ann:secret@h' }, /got a text: a URL is for connect\(\)$/],
  [{ connection: { host: 'h' } }, /got an object with host/],
])('a topic without a usable connection is refused by name: %#', (options, message) => {
  expect(() => new Topic('t', anything(options))).toThrow(message);
});

it('an option that does not exist is refused by name, wherever options are taken', async () => {
  const topic = redis.topic<number>();
  const { connection } = topic;
  const group = topic.group('g');
  const consumer = group.consume(() => {});
  const queue = { name: 'q', send: async () => {} };
  const wrong: [call: () => unknown, message: string][] = [
    [
      () => new Topic('t', anything({ connection, maxLength: 1 })),
      'A topic has no option "maxLength"',
    ],
    [
      () => new Topic('t', anything({ connection, retention: { maxLen: 1 } })),
      'retention has no option "maxLen". Did you mean maxLength?',
    ],
    [
      () => {
        const whenAcknowledged = { hardMaxLength: 1, maxAge: 1 };
        return new Topic('t', anything({ connection, retention: { whenAcknowledged } }));
      },
      'retention.whenAcknowledged has no option "maxAge". There are: hardMaxLength',
    ],
    [
      () => new Topic('t', anything({ connection, deduplication: { window: 1 } })),
      'deduplication has no option "window". Did you mean windowMs?',
    ],
    [
      () => topic.publish(1, anything({ Key: 'k' })),
      'publish(body, options) has no option "Key". Did you mean key?',
    ],
    [
      () => topic.publish(1, anything(null)),
      'The options of publish(body, options) are an object, got null',
    ],
    [
      () => topic.read(anything({ form: 'beginning' })),
      'read() has no option "form". Did you mean from?',
    ],
    [
      () => topic.group('g', anything({ start: '$' })),
      'group() has no option "start". There are: from',
    ],
    [
      () => topic.forward(queue, anything({ maxAttempts: 1 })),
      'forward() has no option "maxAttempts"',
    ],
    [
      () => topic.on(anything('close'), () => {}),
      'There is no event "close". There are: unreadable',
    ],
    [() => group.consume(() => {}, anything({ order: 'lifo' })), 'consume() has no option "order"'],
    [
      () => consumer.on(anything('complete'), () => {}),
      'There is no event "complete". There are: acked, failed',
    ],
    [
      () => consumer.stop(anything({ timeout: 1 })),
      'stop() has no option "timeout". Did you mean timeoutMs?',
    ],
    [
      () => group.deadLetters.list(anything({ count: 1 })),
      'deadLetters.list() has no option "count"',
    ],
    [
      () => group.deadLetters.redrive(anything({ entry: '1' })),
      'deadLetters.redrive() has no option "entry". There are: entries',
    ],
  ];
  for (const [call, message] of wrong) {
    const error = await rejection((async () => call())());
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message).toContain(message);
  }
  expect(await topic.stats()).toMatchObject({ length: 0 });
});

it('a wrong option of a delivery leaves it unsettled', async () => {
  const topic = redis.topic<number>();
  const group = topic.group('g');
  const messages: string[] = [];
  const consumer = group.consume(async (delivery) => {
    for (const options of [{ delay: 1 }, { delayMs: 1, limited: true }]) {
      messages.push((await rejection(delivery.retry(anything(options)))).message);
    }
    await delivery.ack();
  });
  await topic.publish(1);
  await eventually(() => messages.length === 2);
  await consumer.stop();

  expect(messages[0]).toContain('retry() has no option "delay". Did you mean delayMs?');
  // Only a queue has limits.
  expect(messages[1]).toContain('retry() has no option "limited"');
  expect(await group.lag()).toBe(0);
});
