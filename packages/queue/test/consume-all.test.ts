import { connect, type Schema } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { expect, it, onTestFinished } from 'vitest';
import { eventually, eventuallyPasses } from '../../../tooling/eventually.js';
import { busyMs, slowness } from '../../../tooling/machine-pace.js';
import { startTestCluster } from '../../../tooling/test-cluster.js';
import {
  type ConsumeAllOptions,
  consumeAll,
  type Delivery,
  type Handler,
  listQueues,
  Queue,
} from '../src/index.js';
import { atRest, consumersOf, deferred, expireLeases } from './support/in-redis.js';
import { openConnection, type TestQueue, uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

const empty = { pending: 0, delayed: 0, dead: 0 };

const numbered = (count: number) => Array.from({ length: count }, (_, body) => ({ body }));

/** Queues with these weights, and what consumes them until the test ends. */
function together(weights: readonly number[]) {
  const connection = redis.connection();
  const queues = weights.map(() => redis.queue<number>({ connection }));
  const names = queues.map(({ name }) => name);
  const start = (handler: Handler<number>, options: ConsumeAllOptions = {}) => {
    const named = Object.fromEntries(names.map((name, at) => [name, weights[at] as number]));
    const consumer = consumeAll<number>(named, { connection, ...options }, handler);
    onTestFinished(() => consumer.stop({ timeoutMs: 0 }));
    return consumer;
  };
  return { connection, queues: queues as Queues, names, start };
}

type Queues = [TestQueue<number>, TestQueue<number>, TestQueue<number>];

/** Handlers that end one by one, the one that has started first before the others. */
function stepped() {
  const started: Delivery<number>[] = [];
  const ends: (() => void)[] = [];
  const handler = (delivery: Delivery<number>) => {
    started.push(delivery);
    return new Promise<void>((end) => void ends.push(end));
  };
  /** Ends a handler, and resolves to what is started instead. */
  const step = async () => {
    const { length } = started;
    ends.shift()?.();
    await eventually(() => started.length > length);
    return started[length] as Delivery<number>;
  };
  return { started, ends, handler, step };
}

/** Resolves when a queue that has been found empty is asked again at its next turn. */
async function untilLookedAtAgain(): Promise<void> {
  const startedAt = performance.now();
  await eventually(() => performance.now() - startedAt > 10);
}

/** How many consumers wait in the server for a message of one of these queues. */
async function blockedOn(queues: readonly TestQueue<number>[]): Promise<number> {
  const clients = await queues[0]?.connection.call('CLIENT', ['LIST', 'TYPE', 'NORMAL']);
  return String(clients).match(/ flags=\w*b\w* .* cmd=blmove/g)?.length ?? 0;
}

const ways: [string, number, () => unknown][] = [
  ['one at a time', 1, () => undefined],
  ['one at a time, asynchronous', 1, async () => {}],
  ['one at a time, with a pause', 1, () => new Promise(setImmediate)],
  ['ten at a time', 10, () => undefined],
  ['ten at a time, with a pause', 10, () => new Promise(setImmediate)],
];

it.each(ways)(
  'while all have messages each has its weight of any sum(w) starts, %s',
  async (_what, concurrency, work) => {
    const { queues, names, start } = together([5, 2, 1]);
    await Promise.all(queues.map((queue) => queue.sendBatch(numbered(400))));
    const log: string[] = [];
    const bodies = new Map<string, number[]>(names.map((name) => [name, []]));
    const handle = ({ queue, body }: Delivery<number>) => {
      log.push(queue);
      bodies.get(queue)?.push(body);
      return work();
    };
    start(handle, { concurrency });
    await eventually(() => log.length === 1200);

    const [a, b, c] = names;
    expect(log.slice(0, 8)).toEqual([a, b, a, a, c, a, b, a]);
    const backlog = log.slice(0, log.lastIndexOf(a as string) + 1);
    expect(backlog).toHaveLength(640);
    const period = [a, b, a, a, c, a, b, a];
    expect(backlog).toEqual(backlog.map((_, at) => period[at % 8]));
    for (const all of bodies.values()) expect(all).toEqual(numbered(400).map(({ body }) => body));
  },
);

it('strict: a message of a queue is started only when those before it have none', async () => {
  const { queues, names, start } = together([1, 1, 1]);
  const [critical, , bulk] = queues;
  const { started, handler, step } = stepped();
  await bulk.sendBatch(numbered(5));
  start(handler, { strict: true });
  await eventually(() => started.length === 1);
  expect(started[0]?.queue).toBe(bulk.name);

  await critical.sendBatch(numbered(3));
  await untilLookedAtAgain();
  const next: string[] = [];
  for (let n = 0; n < 4; n += 1) next.push((await step()).queue);
  expect(next).toEqual([critical.name, critical.name, critical.name, bulk.name]);
  await queues[1].send(7);
  await untilLookedAtAgain();
  expect((await step()).queue).toBe(names[1]);
});

it('a queue that was empty has its next turn while others have a backlog', async () => {
  const { queues, start } = together([1, 5, 1]);
  const [rare, bulk] = queues;
  await bulk.sendBatch(numbered(400));
  const { started, handler, step } = stepped();
  let isFoundEmpty = false;
  start(handler).on('drained', ({ queue }) => {
    isFoundEmpty ||= queue === rare.name;
  });
  await eventually(() => started.length === 1);
  // At first it waits for a message of its own, and has no turn until that has ended: on a busy machine, after many starts.
  await rare.send(-1);
  while ((await step()).queue !== rare.name);
  for (let n = 0; n < 3; n += 1) {
    isFoundEmpty = false;
    while (!isFoundEmpty) await step();
    await rare.send(n);
    await untilLookedAtAgain();
    let starts = 0;
    while ((await step()).queue !== rare.name) starts += 1;
    // It has a turn in any seven.
    expect(starts).toBeLessThan(7);
  }
});

it('the turns of queues without messages go to the others', async () => {
  const { queues, start } = together([100, 100, 1]);
  await queues[2].sendBatch(numbered(500));
  const started: number[] = [];
  let running = 0;
  let most = 0;
  start(
    async ({ body }) => {
      started.push(body);
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
    },
    { concurrency: 10 },
  );
  await eventually(() => started.length === 500);
  expect(started).toEqual(numbered(500).map(({ body }) => body));
  expect(most).toBe(10);
});

it('concurrency is shared, and no more is leased than there are free handlers', async () => {
  const { queues, start } = together([3, 2, 1]);
  await Promise.all(queues.map((queue) => queue.sendBatch(numbered(20))));
  const { started, ends, handler, step } = stepped();
  start(handler, { concurrency: 6 });
  await eventually(() => started.length === 6);
  const active = async () => {
    const stats = await Promise.all(queues.map((queue) => queue.stats()));
    return stats.map((each) => each.active);
  };
  // What was leased ahead on a machine that stood still is returned.
  await eventuallyPasses(async () => expect(await active()).toEqual([3, 2, 1]));
  for (let n = 0; n < 12; n += 1) {
    await step();
    expect(ends).toHaveLength(6);
    // What was acknowledged may still be on its way.
    await eventuallyPasses(async () => {
      expect((await active()).reduce((sum, count) => sum + count, 0)).toBe(6);
    });
  }
});

it('what was leased ahead is returned when handlers become slow, and no turn is lost by that', async () => {
  const { queues, names, start } = together([2, 1, 1]);
  await Promise.all(queues.map((queue) => queue.sendBatch(numbered(300))));
  const release = deferred();
  const log: string[] = [];
  start(({ queue }) => {
    log.push(queue);
    return log.length === 200 ? release.promise : undefined;
  });
  await eventually(async () => {
    const stats = await Promise.all(queues.map((queue) => queue.stats()));
    return log.length === 200 && stats.reduce((sum, { active }) => sum + active, 0) === 1;
  });
  release.resolve();
  await eventually(() => log.length === 900);
  const [a, b, c] = names;
  const period = [a, b, c, a];
  expect(log.slice(0, 596)).toEqual(Array.from({ length: 596 }, (_, at) => period[at % 4]));
});

it('while all are empty all of them wait, and each wakes at once', async () => {
  const { queues, start } = together([5, 2, 1]);
  const others = await blockedOn(queues);
  const woken: string[] = [];
  start(({ queue }) => void woken.push(queue), { concurrency: 3 });
  for (const queue of [...queues].reverse()) {
    await eventually(async () => (await blockedOn(queues)) === others + 3);
    const sentAt = performance.now();
    await queue.send(1);
    await eventually(() => woken.includes(queue.name));
    expect(performance.now() - sentAt).toBeLessThan(250 * slowness());
  }
});

it('one handler for several empty queues waits for all of them', async () => {
  const { queues, start } = together([5, 2, 1]);
  const others = await blockedOn(queues);
  const woken: string[] = [];
  start(({ queue }) => void woken.push(queue));
  for (const queue of [...queues].reverse()) {
    await eventually(async () => (await blockedOn(queues)) === others + 3);
    await queue.send(1);
    await eventually(() => woken.at(-1) === queue.name);
  }
  expect(woken).toHaveLength(3);
});

it('a message that fails is retried in its own queue, and events say of which queue they tell', async () => {
  const { queues, names, start } = together([2, 1, 1]);
  const [a, b] = queues;
  await a.send(1);
  await b.send(2);
  const attempts: string[] = [];
  const events: unknown[] = [];
  const consumer = start(
    ({ queue, body, attempt }) => {
      attempts.push(`${queue} ${body} ${attempt}`);
      if (queue === b.name) throw new Error('no');
    },
    { maxAttempts: 2, backoff: () => 0 },
  );
  consumer.on('failed', ({ queue, delivery, error, next }) => {
    events.push([queue, delivery.queue, error.message, next.action]);
  });
  const drained = new Set<string>();
  consumer.on('drained', ({ queue }) => drained.add(queue));
  await eventually(async () => (await b.stats()).dead === 1 && drained.size === 3);

  expect(attempts.sort()).toEqual([`${a.name} 1 1`, `${b.name} 2 1`, `${b.name} 2 2`].sort());
  expect(events).toEqual([
    [b.name, b.name, 'no', 'retry'],
    [b.name, b.name, 'no', 'dead-letter'],
  ]);
  expect([...drained].sort()).toEqual([...names].sort());
});

it('a queue that stays empty is told of by drained once, however often it is looked at', async () => {
  const { queues, start } = together([1, 1, 1]);
  const [quiet, busy] = queues;
  await busy.sendBatch(numbered(20));
  const { started, handler, step } = stepped();
  const consumer = start(handler);
  const drained: string[] = [];
  consumer.on('drained', ({ queue }) => drained.push(queue));
  await eventually(() => started.length === 1);
  for (let n = 0; n < 15; n += 1) await step();
  expect(drained.filter((queue) => queue === quiet.name)).toHaveLength(1);
  expect(drained).not.toContain(busy.name);
});

it('a queue that cannot be read does not hold up the others', async () => {
  const { queues, start } = together([5, 1, 1]);
  const [broken, ...others] = queues;
  await broken.connection.call('HSET', [broken.name, 'field', 'value']);
  for (const queue of others) await queue.sendBatch(numbered(200));
  const handled: string[] = [];
  const errors: string[] = [];
  const consumer = start(({ queue }) => void handled.push(queue));
  consumer.on('error', ({ queue, error }) => errors.push(`${queue}: ${error.name}`));
  await eventually(() => handled.length === 400);
  expect(new Set(errors)).toEqual(new Set([`${broken.name}: WrongTypeError`]));

  await broken.connection.call('DEL', [broken.name]);
  await broken.sendBatch(numbered(3));
  await eventually(() => handled.length === 403);
});

it('when the lease of one queue is lost, the others go on, and it comes back', async () => {
  const { queues, start } = together([1, 1, 1]);
  const [a, b] = queues;
  const handled: string[] = [];
  const lost: unknown[] = [];
  const consumer = start(
    async ({ queue, signal, attempt }) => {
      handled.push(queue);
      if (queue === a.name && attempt === 1) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      }
    },
    { concurrency: 2, leaseMs: busyMs(600) },
  );
  consumer.on('lost', ({ queue, deliveries }) => lost.push([queue, deliveries.length]));
  await a.send(1);
  await eventually(() => handled.length === 1);
  await expireLeases(a as never, await consumersOf(a as never));
  const rescuer = redis.queue<number>({ name: a.name, connection: openConnection(redis.url) });
  const rescued = await rescuer.receive();
  await eventually(() => lost.length === 1);
  expect(lost).toEqual([[a.name, 1]]);
  await rescued?.ack();
  await b.send(2);
  await eventually(() => handled.includes(b.name));
  await a.send(3, { id: 'again' });
  await eventually(
    () => handled.length === 3 || handled.filter((name) => name === a.name).length === 2,
  );
});

it('stop lets handlers finish, returns what was taken ahead, and is told once', async () => {
  const { queues, start } = together([2, 1, 1]);
  await Promise.all(queues.map((queue) => queue.sendBatch(numbered(10))));
  const { started, ends, handler } = stepped();
  const consumer = start(handler, { concurrency: 4 });
  let stops = 0;
  consumer.on('stopped', () => {
    stops += 1;
  });
  await eventually(() => started.length === 4);
  const stopped = consumer.stop();
  for (const end of ends) end();
  await stopped;

  expect(stops).toBe(1);
  expect(started).toHaveLength(4);
  const rest = await Promise.all(queues.map((queue) => atRest(queue as never)));
  expect(rest.map(({ pending }) => pending)).toEqual([8, 9, 9]);
  const stats = await Promise.all(queues.map((queue) => queue.stats()));
  expect(stats.map(({ total }) => [total.acked, total.retried])).toEqual([
    [2, 0],
    [1, 0],
    [1, 0],
  ]);
});

it('past the deadline of stop, messages are returned to their queues', async () => {
  const { queues, start } = together([1, 1, 1]);
  await Promise.all(queues.map((queue) => queue.sendBatch(numbered(2))));
  const { started, handler } = stepped();
  const consumer = start(handler, { concurrency: 3 });
  const returned: string[] = [];
  consumer.on('returned', ({ queue }) => returned.push(queue));
  await eventually(() => started.length === 3);
  await consumer.stop({ timeoutMs: 0 });
  expect(returned.sort()).toEqual(queues.map(({ name }) => name).sort());
  expect(started.every(({ signal }) => signal.aborted)).toBe(true);
  for (const queue of queues) {
    expect(await atRest(queue as never)).toEqual({ ...empty, pending: 2 });
  }
});

it('a handler may await stop, and an aborted signal stops it', async () => {
  for (const how of ['stop', 'abort'] as const) {
    const { queues, start } = together([1, 1, 1]);
    const controller = new AbortController();
    const stopped = deferred();
    const consumer = start(
      async () => {
        if (how === 'stop') await consumer.stop();
        else controller.abort();
      },
      { signal: controller.signal },
    );
    consumer.on('stopped', () => stopped.resolve());
    await queues[1].send(1);
    await stopped.promise;
    expect(await atRest(queues[1] as never)).toEqual(empty);
  }
});

it('pause and resume hold for all of the queues', async () => {
  const { queues, start } = together([2, 1, 1]);
  await Promise.all(queues.map((queue) => queue.sendBatch(numbered(1000))));
  const started: string[] = [];
  const consumer = start(({ queue }) => void started.push(queue), { concurrency: 5 });
  await eventually(() => started.length > 200);
  await consumer.pause();
  const before = started.length;
  const stats = await Promise.all(queues.map((queue) => queue.stats()));
  expect(stats.reduce((sum, { pending }) => sum + pending, 0)).toBe(3000 - before);
  for (let n = 0; n < 50; n += 1) await queues[0].stats();
  expect(started).toHaveLength(before);
  consumer.resume();
  await eventually(() => started.length === 3000);
});

it('the pause of one queue holds for this queue only', async () => {
  const { queues, start } = together([5, 1, 1]);
  const [paused, ...others] = queues;
  await Promise.all(queues.map((queue) => queue.sendBatch(numbered(300))));
  const started: string[] = [];
  const events: string[] = [];
  const consumer = start(({ queue }) => void started.push(queue), { concurrency: 2 });
  consumer.on('paused', ({ queue, reason }) => events.push(`${queue} paused: ${reason}`));
  consumer.on('resumed', ({ queue }) => events.push(`${queue} resumed`));
  await paused.pause({ reason: 'down' });
  const before = started.filter((queue) => queue === paused.name).length;
  for (const { name } of others) {
    await eventually(() => started.filter((queue) => queue === name).length === 300);
  }
  expect(started.filter((queue) => queue === paused.name)).toHaveLength(before);
  await paused.resume();
  await eventually(() => started.length === 900);
  await eventually(() => events.length === 2);
  expect(events).toEqual([`${paused.name} paused: down`, `${paused.name} resumed`]);
});

const text: Schema<unknown, string> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'string' ? { value } : { issues: [{ message: 'not a text' }] },
  },
};

it('queues that are objects keep their schemas and defaults, and closing one stops its part', async () => {
  const connection = redis.connection();
  const texts = new Queue<string, unknown>(uniqueName(), {
    connection,
    schema: text,
    consume: { maxAttempts: 1, concurrency: 7 },
  });
  const numbers = redis.queue<number>({ connection });
  const handled: (string | number)[] = [];
  let running = 0;
  let most = 0;
  const consumer = consumeAll<string | number>(
    new Map<Queue<string | number, never>, number>([
      [texts as never, 2],
      [numbers as never, 1],
    ]),
    {},
    async ({ body }) => {
      handled.push(body);
      running += 1;
      most = Math.max(most, running);
      await numbers.stats();
      running -= 1;
      if (body === 'fails') throw new Error('no');
    },
  );
  const failed: string[] = [];
  consumer.on('failed', ({ next }) => {
    if (next.action === 'dead-letter') failed.push(next.reason);
  });
  await connection.call('LPUSH', [texts.name, '"a"', '7', '"fails"', '"b"']);
  await numbers.sendBatch(numbered(3));
  await eventually(() => handled.length === 6 && failed.length === 2);
  expect(failed.sort()).toEqual(['failed', 'invalid']);
  expect(most).toBe(1);

  await texts.close();
  await numbers.send(3);
  await eventually(() => handled.includes(3));
  await consumer.stop();
});

it('names that are whole numbers keep their order in a Map', async () => {
  const connection = redis.connection();
  const prefix = 1_000_000_000 + process.pid * 100;
  const names = [prefix + 2, prefix + 1].map(String);
  for (const name of names) {
    const queue = redis.queue<number>({ name, connection });
    await queue.sendBatch(numbered(5));
  }
  const log: string[] = [];
  const consumer = consumeAll<number>(
    new Map(names.map((name) => [name, 1])),
    { connection, strict: true },
    ({ queue }) => void log.push(queue),
  );
  await eventually(() => log.length === 10);
  await consumer.stop();
  expect(log).toEqual([...Array(5).fill(names[0]), ...Array(5).fill(names[1])]);
});

it('what cannot work is refused, and then nothing is started', async () => {
  const connection = redis.connection();
  const queue = redis.queue<number>({ connection });
  const { name } = queue;
  const consume =
    (queues: unknown, options: object = { connection }, handler: unknown = () => {}) =>
    () =>
      consumeAll(queues as never, options as never, handler as never);
  expect(consume({})).toThrow('consumeAll() needs at least one queue');
  expect(consume(7)).toThrow('consumeAll() gets queues and their weights');
  expect(consume({ [name]: 0 })).toThrow(`The weight of "${name}" must be a whole number from 1`);
  expect(consume({ [name]: 101 })).toThrow('from 1 to 100, got 101');
  expect(consume({ [name]: 1 }, {})).toThrow('A queue');
  expect(consume({ [name]: 1 }, { connection, max: 5 })).toThrow('consumeAll() has no option');
  expect(consume({ [name]: 1 }, { connection, strict: 1 })).toThrow('strict is true or false');
  expect(consume({ [name]: 1 }, { connection }, 'handler')).toThrow('A handler is a function');
  expect(consume(new Map([[queue, 1]]))).toThrow('A Queue has its own connection');
  const other = redis.queue<number>({ name });
  const twice = new Map([
    [queue, 1],
    [other, 1],
  ]);
  expect(consume(twice, {})).toThrow(`consumeAll() gets the queue "${name}" twice`);
  const foreign = consume(new Map([[{ name: 'of another copy' }, 1]]), {});
  expect(foreign).toThrow('consumeAll() gets names, or objects of the class Queue');
  const closed = redis.queue<number>();
  await closed.close();
  const withClosed = new Map([
    [queue, 1],
    [closed, 1],
  ]);
  expect(consume(withClosed, {})).toThrow('The queue is closed');
  await queue.send(1);
  await eventually(async () => (await consumersOf(queue as never)).length === 0);
  expect(await atRest(queue as never)).toEqual({ ...empty, pending: 1 });
});

it('messages of one key keep their order beside a queue without keys', async () => {
  const { queues, start } = together([1, 1, 1]);
  const [keyed, plain] = queues;
  await keyed.sendBatch(numbered(60).map(({ body }) => ({ body, key: `k${body % 3}` })));
  await plain.sendBatch(numbered(60));
  const handled: [string, number][] = [];
  const running = new Set<string>();
  start(
    async ({ queue, key = '', body }) => {
      expect(running.has(key)).toBe(false);
      if (key) running.add(key);
      await plain.stats();
      running.delete(key);
      handled.push([`${queue} ${key}`, body]);
    },
    { concurrency: 8 },
  );
  await eventually(() => handled.length === 120);
  for (const at of [0, 1, 2]) {
    const bodies = handled.filter(([of]) => of === `${keyed.name} k${at}`).map(([, body]) => body);
    expect(bodies).toEqual(numbered(20).map(({ body }) => 3 * body + at));
  }
  for (const queue of [keyed, plain]) expect(await atRest(queue as never)).toEqual(empty);
});

it('several such consumers lose nothing and handle nothing twice', async () => {
  const { queues, start, names } = together([5, 2, 1]);
  const handled: string[] = [];
  for (const concurrency of [1, 3, 20]) {
    start(
      async ({ queue, body }) => {
        handled.push(`${queue} ${body}`);
        if (body % 7 === 0) await queues[0].stats();
      },
      { concurrency },
    );
  }
  let sent = 0;
  for (let round = 0; round < 60; round += 1) {
    const queue = queues[round % 3] as TestQueue<number>;
    const count = (round * 37) % 90;
    await queue.sendBatch(Array.from({ length: count }, (_, at) => ({ body: sent + at })));
    sent += count;
  }
  await eventually(() => handled.length >= sent);
  expect(handled).toHaveLength(sent);
  expect(new Set(handled.map((each) => each.split(' ')[1])).size).toBe(sent);
  expect(new Set(handled.map((each) => each.split(' ')[0]))).toEqual(new Set(names));
  for (const queue of queues) expect(await atRest(queue as never)).toEqual(empty);
});

it('queues in different slots of a Cluster have their weights, and are listed', {
  timeout: 120_000,
}, async () => {
  const cluster = await startTestCluster({ startRedis, connect });
  onTestFinished(() => cluster.stop());
  const connection = connect(cluster.addresses);
  connection.on('error', () => {});
  onTestFinished(() => connection.close());
  const names = ['critical', 'bulk', 'reports'];
  const owners = await Promise.all(names.map((name) => cluster.ownerOf(name)));
  expect(new Set(owners).size).toBeGreaterThan(1);
  for (const name of names) {
    const queue = new Queue<number>(name, { connection });
    await queue.sendBatch(numbered(200));
    await queue.close();
  }
  const log: string[] = [];
  const weights = { critical: 2, bulk: 1, reports: 1 };
  const consumer = consumeAll<number>(
    weights,
    { connection, concurrency: 5 },
    ({ queue }) => void log.push(queue),
  );
  await eventually(() => log.length === 600);
  await consumer.stop();
  const period = ['critical', 'bulk', 'reports', 'critical'];
  expect(log.slice(0, 400)).toEqual(Array.from({ length: 400 }, (_, at) => period[at % 4]));
  const listed = (await listQueues(connection)).map(({ name }) => name);
  expect(listed).toEqual(expect.arrayContaining(names));
});
