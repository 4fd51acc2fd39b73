import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { busyMs } from '../../../tooling/machine-pace.js';
import { type Delivery, LeaseLostError } from '../src/index.js';
import {
  atRest,
  consumersOf,
  deferred,
  expireLeases,
  heldKeys,
  isBlocked,
} from './support/in-redis.js';
import { type TestQueue, uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** Two ends of one queue: what one loses, the other recovers within a tenth of a second. */
function twoEnds<Body>(): { queue: TestQueue<Body>; rescuer: TestQueue<Body> } {
  const name = uniqueName();
  return {
    queue: redis.queue<Body>({ name }),
    rescuer: redis.queue<Body>({ name, consume: { leaseMs: 300, maxAttempts: 3 } }),
  };
}

it('a stale acknowledgement changes nothing and is reported', async () => {
  const { queue, rescuer } = twoEnds<string>();
  const lost: string[] = [];
  queue.on('lost', ({ deliveries }) => lost.push(...deliveries.map(({ id }) => id)));
  const id = await queue.send('hello');
  const stale = await queue.receive();
  await expireLeases(queue as never, await consumersOf(queue as never));

  const fresh = await rescuer.receive({ timeoutMs: 30_000 });
  expect(fresh).toMatchObject({ id, attempt: 2 });
  expect(stale?.signal.aborted).toBe(false);
  await expect(stale?.ack()).rejects.toBeInstanceOf(LeaseLostError);

  expect(stale?.signal.reason).toBeInstanceOf(LeaseLostError);
  expect(lost).toEqual([id]);
  expect((await queue.stats()).active).toBe(1);
  await fresh?.ack();
  await atRest(queue as never);
  expect((await queue.stats()).total).toMatchObject({ acked: 1, recovered: 1 });
});

it.each([
  ['retry', (delivery: Delivery) => delivery.retry()],
  ['deadLetter', (delivery: Delivery) => delivery.deadLetter()],
  ['extend', (delivery: Delivery) => delivery.extend()],
])('a stale %s changes nothing and is reported', async (_what, settle) => {
  const { queue, rescuer } = twoEnds<string>();
  await queue.send('hello');
  const stale = (await queue.receive()) as Delivery<string>;
  await expireLeases(queue as never, await consumersOf(queue as never));
  const fresh = await rescuer.receive({ timeoutMs: 30_000 });

  await expect(settle(stale)).rejects.toBeInstanceOf(LeaseLostError);

  expect(await queue.stats()).toMatchObject({ pending: 0, active: 1, delayed: 0, dead: 0 });
  await fresh?.ack();
});

it('a consumer that has lost its lease aborts its handlers and continues', async () => {
  const { queue, rescuer } = twoEnds<number>();
  const lost: number[] = [];
  const handled: number[] = [];
  const aborted = deferred<unknown>();
  await queue.send(1);
  const consumer = queue.consume(
    async ({ body, signal, attempt }) => {
      handled.push(body);
      if (attempt > 1 || body !== 1) return;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      aborted.resolve(signal.reason);
    },
    { leaseMs: 3000 },
  );
  consumer.on('lost', ({ deliveries }) => lost.push(...deliveries.map(({ body }) => body)));
  await eventually(() => handled.length === 1);
  const rescued: number[] = [];
  const recovered: number[] = [];
  const other = rescuer.consume(({ body }) => rescued.push(body));
  other.on('recovered', ({ returned }) => recovered.push(returned));
  await eventually(async () => (await consumersOf(queue as never)).length === 2);
  const [mine] = (await activeConsumers(queue)).slice(0, 1);
  await expireLeases(queue as never, [mine as string]);

  expect(await aborted.promise).toBeInstanceOf(LeaseLostError);
  await eventually(() => rescued.includes(1));
  await other.stop();
  await queue.send(2);
  await eventually(() => handled.includes(2));
  expect(lost).toEqual([1]);
  expect(recovered).toEqual([1]);
  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 0 });
});

it.each([
  ['an acknowledgement', 'active', ['HSET', 1]],
  ['what became of a handed-off message', 'handoff', ['RPUSH']],
] as const)('Redis forgets %s, and the message is delivered again', async (_what, kind, write) => {
  const queue = redis.queue<number>();
  const release = deferred();
  const handled: number[] = [];
  await queue.sendBatch([1, 2].map((body) => ({ body })));
  const handle = async ({ body }: Delivery<number>) => {
    handled.push(body);
    if (body === 2) await release.promise;
  };
  queue.consume(handle, { leaseMs: busyMs(300) });
  await eventually(async () => handled.length === 2 && (await queue.stats()).total.acked === 1);

  // As after a failover, or a restart with a log that lacks its end.
  const [consumer] = await consumersOf(queue as never);
  const [command, ...field] = write;
  await queue.connection.call(command, [`{${queue.name}}:${kind}:${consumer}`, ...field, '1']);
  release.resolve();
  await queue.send(3);

  await eventually(() => handled.length === 4);
  expect(handled.sort()).toEqual([1, 1, 2, 3]);
  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 0 });
});

it('no handler starts on a lease that may have run out while the event loop was blocked', async () => {
  const queue = redis.queue<number>();
  const count = 500;
  const handled: number[] = [];
  let startedOnStaleLease: number | undefined;
  let isStale = false;
  const handle = ({ body }: Delivery<number>) => {
    if (isStale) startedOnStaleLease ??= body;
    handled.push(body);
    // Handlers that return at once have others leased ahead, of which the next starts right away.
    if (handled.length !== 300) return;
    const until = performance.now() + 350;
    while (performance.now() < until);
    isStale = true;
    setImmediate(() => {
      isStale = false;
    });
  };
  await queue.sendBatch(Array.from({ length: count }, (_, body) => ({ body })));
  queue.consume(handle, { leaseMs: 300 });

  await eventually(() => handled.length === count);
  expect(startedOnStaleLease).toBeUndefined();
  expect(handled).toEqual(Array.from({ length: count }, (_, body) => body));
});

it('a message that kills its consumers becomes a dead letter after maxAttempts, the messages beside it do not', async () => {
  const { queue, rescuer } = twoEnds<string>();
  for (const body of ['a', 'poison', 'b', 'c']) await queue.send(body, { id: body });
  const handled = new Set<string>();
  for (let crash = 1; crash <= 3; crash += 1) {
    // Each recovers what the one before it held.
    const victim = redis.queue<string>({ name: queue.name, consume: { maxAttempts: 3 } });
    const begun = new Set<string>();
    const consumer = victim.consume(
      async ({ body }) => {
        begun.add(body);
        if (crash === 1 || body === 'poison') await new Promise(() => {});
        handled.add(body);
      },
      { concurrency: 4 },
    );
    await eventually(() => begun.has('poison') && (crash > 1 || begun.size === 4));
    await expireLeases(queue as never, await consumersOf(queue as never));
    await victim.connection.close();
    await consumer.stop({ timeoutMs: 0 });
  }
  rescuer.consume(({ body }) => handled.add(body), { concurrency: 4 });
  await eventually(() => handled.size === 3);
  await eventually(async () => (await queue.deadLetters.count()) === 1);

  expect(handled).toEqual(new Set(['a', 'b', 'c']));
  expect(await queue.deadLetters.list()).toMatchObject([
    { id: 'poison', body: 'poison', reason: 'crashed', attempt: 3 },
  ]);
  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 1 });
});

it('no consumer holds two suspects at a time', async () => {
  const { queue, rescuer } = twoEnds<number>();
  await queue.sendBatch(Array.from({ length: 6 }, (_, body) => ({ body })));
  const crashed = redis.queue<number>({ name: queue.name });
  const begun: number[] = [];
  const consumer = crashed.consume(({ body }) => new Promise(() => void begun.push(body)), {
    concurrency: 6,
  });
  await eventually(() => begun.length === 6);
  await expireLeases(queue as never, await consumersOf(queue as never));
  await crashed.connection.close();
  await consumer.stop({ timeoutMs: 0 });

  let running = 0;
  let most = 0;
  const handled: number[] = [];
  rescuer.consume(
    async ({ body, attempt }) => {
      expect(attempt).toBe(2);
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      handled.push(body);
    },
    { concurrency: 6 },
  );
  await eventually(() => handled.length === 6);

  expect(most).toBe(1);
  expect(handled).toEqual(begun);
  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 0 });
});

it('a suspect that is released is delivered again at once, still as a suspect', async () => {
  const { queue } = twoEnds<string>();
  const suspect = '\x011{"attempt":1,"suspect":1,"id":"x"}\n"hello"';
  await queue.connection.call('LPUSH', [`{${queue.name}}:suspects`, suspect]);
  const first = redis.queue<string>({ name: queue.name });
  expect(await first.receive({ timeoutMs: 30_000 })).toMatchObject({ id: 'x', attempt: 2 });
  expect((await queue.stats()).active).toBe(1);

  const waiting = queue.receive({ timeoutMs: 30_000 });
  await eventually(() => isBlocked(queue.connection));
  await first.close();

  expect(await waiting).toMatchObject({ id: 'x', attempt: 2 });
});

it('a message that arrives in a handoff list without its consumer knowing is delivered', async () => {
  const { queue } = twoEnds<number>();
  const handled: number[] = [];
  queue.consume(async ({ body }) => void handled.push(body));
  await eventually(() => isBlocked(queue.connection));
  const [consumer] = await consumersOf(queue as never);
  await killBlocking(queue);
  await eventually(() => isBlocked(queue.connection));
  // As a blocking move would that the server did not know to be given up.
  await queue.connection.call('LPUSH', [`{${queue.name}}:handoff:${consumer}`, '7']);
  await queue.connection.call('LPUSH', [queue.name, '8']);

  await eventually(() => handled.length === 2);
  expect(handled.sort()).toEqual([7, 8]);
  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 0 });
});

async function killBlocking(queue: TestQueue<number>): Promise<void> {
  const clients = String(await queue.connection.call('CLIENT', ['LIST'])).split('\n');
  for (const client of clients.filter((line) => line.includes('name=redpost:blocking'))) {
    const id = /^id=(\d+)/.exec(client)?.[1] ?? '';
    await queue.connection.call('CLIENT', ['KILL', 'ID', id]);
  }
}

async function activeConsumers<Body>(queue: TestQueue<Body>): Promise<string[]> {
  const keys = await heldKeys(queue.connection, queue.name);
  return keys.map((key) => key.split(':').at(-1) as string);
}
