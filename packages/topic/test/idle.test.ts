import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { deferred, useTopics } from './support/topics.js';

const redis = useTopics();

it('idle() of a group waits for records that are to be delivered, are held, or wait for another attempt', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  const group = topic.group('g');
  await group.idle();
  let isIdle = false;
  const end = deferred<void>();
  await topic.publish(1, { key: 'a' });
  await topic.publish(2, { key: 'b' });
  const idle = group.idle().then(() => {
    isIdle = true;
  });
  const handled: string[] = [];
  const consumer = group.consume(
    async ({ body, attempt }) => {
      handled.push(`${body}/${attempt}`);
      if (body === 1) await end.promise;
      if (body === 2 && attempt === 1) throw new Error('not now');
    },
    { concurrency: 2, backoff: () => 100 },
  );
  consumer.on('failed', () => {});
  await eventually(() => handled.includes('1/1') && handled.includes('2/2'));
  expect(isIdle).toBe(false);
  end.resolve();
  await idle;
  expect(await group.stats()).toMatchObject({ lag: 0, pending: 0, delayed: 0 });
});

it('idle() of a group ends with its signal', async () => {
  const topic = redis.topic<number>();
  await topic.publish(1);
  const reason = new Error('enough');
  const ending = new AbortController();
  const idle = topic.group('g').idle({ signal: ending.signal });
  ending.abort(reason);
  await expect(idle).rejects.toBe(reason);
});

it('idle() of a group sees a record that the server cannot count', async () => {
  const topic = redis.topic<number>();
  const group = topic.group('g');
  const [, offset] = await Promise.all([1, 2, 3].map((body) => topic.publish(body)));
  await group.seek(offset as string);
  const ending = new AbortController();
  let isIdle = false;
  const idle = group.idle({ signal: ending.signal }).then(() => {
    isIdle = true;
  });
  await eventually(async () => (await group.lag()) > 0);
  expect(isIdle).toBe(false);
  group.consume(() => {});
  await idle;
});

it('a member of a group tells once each time the group has become idle', async () => {
  const topic = redis.topic<number>();
  const events: string[] = [];
  await topic.publish(1);
  const consumer = topic.group('g').consume(({ body }) => void events.push(`handled ${body}`));
  consumer.on('idle', () => events.push('idle'));
  const told = (times: number) =>
    eventually(() => events.filter((event) => event === 'idle').length === times);
  await told(1);
  await topic.publish(2);
  await told(2);
  await topic.publish(3);
  await told(3);
  expect(events).toEqual(['handled 1', 'idle', 'handled 2', 'idle', 'handled 3', 'idle']);
});
