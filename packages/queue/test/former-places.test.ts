import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { keysAt } from '../src/keys.js';
import { undivided } from '../src/partitions/division.js';
import { partitionOf } from '../src/partitions/partition-of.js';
import { Partitions } from '../src/partitions/partitions.js';
import { type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();
const [moved, otherMoved] = Array.from({ length: 20 }, (_, n) => `key ${n}`).filter(
  (key) => partitionOf(key, 2) !== partitionOf(key, 5),
) as [string, string];

/** A queue whose key `moved` belongs to another partition now, while a message of it waits where it belonged before. */
async function changed(): Promise<TestQueue<number>> {
  const queue = redis.queue<number>({ partitions: 2 });
  await queue.send(0, { key: moved });
  await queue.partitions.set(5);
  return queue;
}

/** Has all producers forget where keys were before, as if that had been found to be drained, which this one learns at once. */
async function forgetFormer({ connection, name, partitions }: TestQueue<number>): Promise<void> {
  await connection.call('HSET', [`{${name}}:shape`, 'partitions_before', 5]);
  await partitions.get();
}

/** How many messages wait in the list where `moved` was before, and in the one where it is now. */
async function pendingIn(queue: TestQueue<number>): Promise<[before: number, now: number]> {
  const lists = await queue.partitions.stats();
  const pendingAt = (partitions: number) =>
    lists[1 + partitionOf(moved, partitions)]?.pending as number;
  return [pendingAt(2), pendingAt(5)];
}

/** What this producer knows, with a message of `moved` in the former partition, and another one on its way there. */
async function onDetour() {
  const queue = await changed();
  const { connection, name } = queue;
  const contextOf = (keys: ReturnType<typeof keysAt>) => ({ name, connection, keys }) as never;
  const partitions = new Partitions(contextOf(keysAt(name)), contextOf);
  const place = await partitions.ask(moved);
  expect(partitions.begin(moved, place, true)).toEqual({ at: place, isDetour: true });
  await forgetFormer(queue);
  await partitions.reread();
  return { queue, partitions };
}

it('a key that this producer has sent to a former partition goes on there, although that was forgotten', async () => {
  const queue = await changed();
  await queue.send(1, { key: moved });
  await forgetFormer(queue);
  await queue.send(2, { key: moved });

  expect(await pendingIn(queue)).toEqual([3, 0]);
  const handled: number[] = [];
  const consumer = redis.otherEnd(queue).consume(({ body }) => void handled.push(body));
  onTestFinished(() => consumer.stop());
  await eventually(() => handled.length === 3);
  expect(handled).toEqual([0, 1, 2]);
});

it('so does one whose messages are on their way there when that is forgotten', async () => {
  const queue = await changed();
  const { connection, name } = queue;
  const [learned] = await Promise.all([
    connection.call('HDEL', [`{${name}}:shape`, 'partitions_before']),
    queue.send(1, { key: moved }),
    queue.partitions.get(),
    queue.send(2, { key: moved }),
  ]);
  expect(learned).toBe(1);
  await queue.send(3, { key: moved });

  expect(await pendingIn(queue)).toEqual([4, 0]);
});

it('a key goes to its partition as soon as nothing of it waits in the former one', async () => {
  const queue = await changed();
  await queue.send(1, { key: moved });
  await forgetFormer(queue);
  const consumer = redis.otherEnd(queue).consume(() => {});
  await eventually(async () => (await queue.stats()).total.acked === 2);
  await consumer.stop();
  await queue.send(2, { key: moved });

  expect(await pendingIn(queue)).toEqual([0, 1]);
});

it('messages follow those of their key that are on their way, and are asked for until nothing waits there', async () => {
  const { queue, partitions } = await onDetour();
  expect([moved, otherMoved].map((key) => partitions.mayDiffer(key))).toEqual([true, false]);
  partitions.settled(moved);
  await partitions.reread();
  expect(partitions.mayDiffer(moved)).toBe(true);
  await (await queue.receive({ timeoutMs: 5000 }))?.ack();

  // As it does at a send after half a minute, of whatever key.
  await partitions.reread();
  await eventually(() => !partitions.mayDiffer(moved));
});

it('a key that belongs again where it was left is not asked for', async () => {
  const { queue, partitions } = await onDetour();
  partitions.settled(moved);
  const fields = ['partitions', 2, 'partitions_before', 2];
  await queue.connection.call('HSET', [`{${queue.name}}:shape`, ...fields]);
  await partitions.reread();

  await eventually(() => !partitions.mayDiffer(moved));
});

it('a queue that is destroyed forgets where keys went', async () => {
  const { partitions } = await onDetour();
  partitions.settled(moved);
  partitions.forget();
  partitions.heard(undivided);

  expect(partitions.mayDiffer(moved)).toBe(false);
});
