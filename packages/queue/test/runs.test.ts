import { expect, it, vi } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import type { Delivery } from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import type { LeaseInput, LeaseResult } from '../src/scripts/lease.js';
import { deferred, leftKeys } from './support/in-redis.js';
import { scriptedConsumer } from './support/scripted-consumer.js';
import { type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

interface Numbered {
  key: string;
  n: number;
}

/** So many that a consumer takes runs of them: there are always more keys than it takes at a time. */
const keys = 3000;
const each = 6;

function sendAll(queue: TestQueue<Numbered>): Promise<unknown> {
  const all = Array.from({ length: keys * each }, (_, at) => {
    const body = { key: `key ${at % keys}`, n: Math.floor(at / keys) };
    return { body, key: body.key };
  });
  return queue.sendBatch(all);
}

/** Counts the answers that bring several messages of one key. */
function countRuns({ connection }: TestQueue<Numbered>): () => number {
  let count = 0;
  const run = connection.run.bind(connection);
  vi.spyOn(connection, 'run').mockImplementation(async (script, input, options) => {
    const result = await run(script, input, options);
    const { perKey = 1 } = input as Partial<LeaseInput>;
    const { runs = [] } = result as Partial<Extract<LeaseResult, { status: 'held' }>>;
    if (perKey > 1 && runs?.some((each) => each > 1)) count += 1;
    return result;
  });
  return () => count;
}

/**
 * Handles a delivery by `action`, and notes whether its key is handled one at a time and in order. What the action settles
 * itself frees the key, so it says before that whether the message is done.
 */
function watched(
  action: (delivery: Delivery<Numbered>, settles: (isDone: boolean) => void) => unknown,
) {
  const running = new Set<string>();
  const done = new Map<string, number>();
  const wrong: string[] = [];
  let left = keys * each;
  const handler = async (delivery: Delivery<Numbered>) => {
    const { key, n } = delivery.body;
    if (running.has(key)) wrong.push(`${key} twice at a time`);
    if (n !== (done.get(key) ?? 0)) wrong.push(`${n} of ${key} comes after ${done.get(key)}`);
    running.add(key);
    let isSettled = false;
    const settles = (isDone: boolean) => {
      if (isSettled) return;
      isSettled = true;
      running.delete(key);
      if (!isDone) return;
      done.set(key, n + 1);
      left -= 1;
    };
    try {
      await action(delivery, settles);
      settles(true);
    } finally {
      settles(false);
    }
  };
  return { handler, wrong, left: () => left };
}

it('while handlers are fast, several messages of a key are taken together, and handled one at a time and in order', async () => {
  const queue = redis.queue<Numbered>();
  const runs = countRuns(queue);
  await sendAll(queue);
  const { handler, wrong, left } = watched(() => undefined);
  queue.consume(handler, { concurrency: 50 });
  await eventually(() => left() === 0);
  expect(wrong).toEqual([]);
  expect(runs()).toBeGreaterThan(0);
  await eventually(async () => (await leftKeys(queue)).length === 0);
});

it('a message that fails is handled again before those that were taken together with it', async () => {
  const queue = redis.queue<Numbered>();
  const runs = countRuns(queue);
  await sendAll(queue);
  const { handler, wrong, left } = watched(async (delivery, settles) => {
    if (delivery.attempt > 1 || Math.random() > 0.02) return;
    const way = Math.random();
    if (way < 0.4) throw new Error('not yet');
    settles(way > 0.8);
    if (way > 0.8) await delivery.ack();
    else await delivery.retry({ delayMs: way < 0.6 ? 0 : 1 });
  });
  const backoff = () => Math.floor(Math.random() * 3);
  for (const end of [queue, redis.otherEnd(queue)]) {
    const consumer = end.consume(handler, { concurrency: 20, maxAttempts: 100, backoff });
    consumer.on('failed', () => {});
  }
  await eventually(() => left() === 0);
  expect(wrong).toEqual([]);
  expect(runs()).toBeGreaterThan(0);
  await eventually(async () => (await leftKeys(queue)).length === 0);
});

it('a dead letter lets the messages go on that were taken together with it', async () => {
  const queue = redis.queue<Numbered>();
  const runs = countRuns(queue);
  await sendAll(queue);
  const { handler, wrong, left } = watched(async (delivery, settles) => {
    if (delivery.body.n !== 2) return;
    settles(true);
    await delivery.deadLetter('unwanted');
  });
  queue.consume(handler, { concurrency: 50 });
  await eventually(() => left() === 0);
  expect(wrong).toEqual([]);
  expect(runs()).toBeGreaterThan(0);
  expect(await queue.stats()).toMatchObject({ pending: 0, active: 0, dead: keys });
});

it('a consumer that pauses returns in order what it has taken together and not started', async () => {
  const queue = redis.queue<Numbered>();
  const runs = countRuns(queue);
  await sendAll(queue);
  const { handler, wrong, left } = watched(() => undefined);
  const first = queue.consume(handler, { concurrency: 20 });
  await eventually(() => runs() > 0);
  await first.pause();
  expect((await queue.stats()).active).toBe(0);
  redis.otherEnd(queue).consume(handler, { concurrency: 20 });
  await eventually(() => left() === 0);
  expect(wrong).toEqual([]);
});

it('when a message takes long, those that were taken together with it are returned, and its consumer goes on with others', async () => {
  const queue = redis.queue<Numbered>();
  const runs = countRuns(queue);
  await sendAll(queue);
  const gate = deferred<void>();
  const slow = new Map<string, number>();
  const { handler, wrong, left } = watched(async ({ body: { key, n } }) => {
    if (runs() === 0 || slow.size === 10 || slow.has(key)) return;
    slow.set(key, n);
    await gate.promise;
  });
  // Other keys are done while ten handlers are stuck, although messages wait behind theirs.
  queue.consume(handler, { concurrency: 12 });
  await eventually(() => slow.size === 10);
  const stuck = [...slow.values()].reduce((sum, n) => sum + each - n, 0);
  await eventually(() => left() === stuck);
  gate.resolve();
  await eventually(() => left() === 0);
  expect(wrong).toEqual([]);
});

/** Leases a run of so many messages: returns what returns one of them to the queue. */
async function leaseRun(queue: TestQueue<Numbered>, count: number) {
  const { lease, release } = await scriptedConsumer(queue);
  await lease(count, 1, { perKey: count, mostKeys: 1 });
  return (receipt: number) => release([receipt], { wereStarted: true });
}

/** The messages of the key `k` that wait, the next one first. */
async function inTurn({ name, connection }: TestQueue<Numbered>): Promise<number[]> {
  const elements = await connection.call('LRANGE', [`${queueKeys(name).lists}k`, 0, -1]);
  return (elements as Buffer[])
    .map((each) => JSON.parse(String(each).split('\n')[1] ?? '').n)
    .reverse();
}

it.each<[string, (queue: TestQueue<Numbered>, ids: string[]) => Promise<unknown>, number[]]>([
  ['cancelled', (queue, ids) => queue.cancel(ids[1] as string), [0, 2, 3]],
  ['delayed', (queue, ids) => queue.update(ids[1] as string, { delayMs: 60_000 }), [0, 2, 3]],
  [
    'changed',
    (queue, ids) => queue.update(ids[1] as string, { body: { key: 'k', n: 7 } }),
    [0, 7, 2, 3],
  ],
])(
  'of messages that were taken together, those that are returned last keep their order when one that waits again was %s',
  async (_, change, expected) => {
    const queue = redis.queue<Numbered>();
    const bodies = [0, 1, 2, 3].map((n) => ({ body: { key: 'k', n }, key: 'k' }));
    const sent = await queue.sendBatch(bodies);
    const ids = sent.map((result) => (result.status === 'failed' ? '' : result.id));
    const giveBack = await leaseRun(queue, 3);
    await giveBack(2);
    await giveBack(1);
    await change(queue, ids);
    await giveBack(3);
    expect(await inTurn(queue)).toEqual(expected);
    expect(await queue.connection.call('HLEN', [queueKeys(queue.name).labels('scripted')])).toBe(0);
  },
);

it('of messages that were taken together, those that are returned after a purge come before no others', async () => {
  const queue = redis.queue<Numbered>();
  const send = (n: number) => queue.send({ key: 'k', n }, { key: 'k' });
  await send(0);
  await send(1);
  const giveBack = await leaseRun(queue, 2);
  await giveBack(1);
  await queue.purge();
  await send(2);
  await giveBack(2);
  expect(await inTurn(queue)).toEqual([1, 2]);
});
