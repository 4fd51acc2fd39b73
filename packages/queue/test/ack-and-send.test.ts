import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { busyMs } from '../../../tooling/machine-pace.js';
import { startTestCluster } from '../../../tooling/test-cluster.js';
import { Queue } from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import { receive } from '../src/scripts/receive.js';
import { consumersOf, expireLeases, leftKeys } from './support/in-redis.js';
import { type TestQueue, uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** How often messages of the chain below are sent on, over all: REDPOST_CHAIN_HOPS=100000 takes minutes. */
const hopsInAll = Number(process.env.REDPOST_CHAIN_HOPS ?? 3000);
const isLong = process.env.REDPOST_CHAIN_HOPS !== undefined;
/** How often each message is sent on. */
const hops = 10;

/** What is left in Redis beside what every queue that sends or receives so keeps: its outboxes are empty. */
async function left(...queues: TestQueue<number>[]): Promise<string[]> {
  const all = await Promise.all(
    queues.map(async (queue) => {
      const { connection, name } = queue;
      const keys = await leftKeys({ connection, name }, 'outboxes', 'inbox');
      const sizes = keys.map(async (key) => {
        const isOutbox = key.includes('}:outbox:');
        return isOutbox && Number(await connection.call('XLEN', [key])) === 0 ? [] : [key];
      });
      return (await Promise.all(sizes)).flat();
    }),
  );
  return all.flat();
}

it('messages that are sent with an acknowledgement arrive in their order, each once', async () => {
  const [first, second] = [redis.queue<number>(), redis.queue<number>()];
  const seen: number[] = [];
  first.consume((delivery) => {
    const send = [0, 1].map((n) => ({ queue: second, body: 10 * delivery.body + n }));
    return delivery.ack({ send });
  });
  second.consume(({ body }) => void seen.push(body), { concurrency: 1 });
  for (let n = 0; n < 300; n += 1) await first.send(n);
  await eventually(() => seen.length >= 600);
  expect(seen).toEqual(Array.from({ length: 300 }, (_, n) => [10 * n, 10 * n + 1]).flat());
  expect(await first.stats()).toMatchObject({ pending: 0, active: 0, total: { acked: 300 } });
  await eventually(async () => (await left(first, second)).length === 0);
});

it('a message that is sent so has its id, headers, priority, key, delay, time to live and kept result', async () => {
  const [first, second] = [redis.queue<string>(), redis.queue<string>()];
  const at = new Date(Date.now() + 3_600_000);
  first.consume((delivery) => {
    const to = { queue: second, body: 'x' };
    return delivery.ack({
      send: [
        { ...to, id: 'urgent', priority: 9, headers: { a: 'b' } },
        { ...to, id: 'keyed', key: 'k', ttlMs: 3_600_000 },
        { ...to, id: 'later', delayMs: 60_000, keepResultMs: 60_000 },
        { ...to, id: 'dated', at },
      ],
    });
  });
  await first.send('go');
  await eventually(async () => (await second.stats()).delayed === 2);
  const [urgent, keyed] = [await second.receive(), await second.receive()];
  expect(urgent).toMatchObject({ id: 'urgent', priority: 9, headers: { a: 'b' } });
  expect(keyed).toMatchObject({ id: 'keyed', key: 'k' });
  expect(await second.result('later')).toMatchObject({ state: 'delayed' });
  const dated = await second.find('dated');
  expect(dated).toMatchObject({ state: 'delayed', dueAt: at });
});

it('what cannot be sent so is refused, and the message is not settled', async () => {
  const queue = redis.queue<number>();
  const strict = redis.queue<number>({
    schema: {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: async (value) =>
          typeof value === 'number' ? { value } : { issues: [{ message: 'no number' }] },
      },
    },
  });
  await queue.send(1);
  const delivery = await queue.receive();
  const to = { queue, body: 1 };
  const wrong: [unknown, RegExp][] = [
    [5, /send is a list of at most 100 messages/],
    [Array(101).fill(to), /at most 100 messages/],
    [[{ body: 1 }], /has a queue/],
    [[undefined], /has a queue/],
    [[{ queue: { name: queue.name }, body: 1 }], /an object of the class Queue/],
    [[to, { ...to, once: { key: 'k', until: 'done' } }], /cannot have once/],
    [[{ ...to, throttle: { key: 'k', ms: 5 } }], /cannot have throttle/],
    [[{ ...to, replicas: 1 }], /cannot have replicas/],
    [[{ ...to, key: '' }], /key/],
    [[{ ...to, keys: 'k' }], /keys/],
    [[{ queue: strict, body: 'text' }], /no number/],
  ];
  for (const [send, message] of wrong) {
    await expect(delivery?.ack({ send: send as never })).rejects.toThrow(message);
  }
  expect(await queue.stats()).toMatchObject({ pending: 0, active: 1 });
  await delivery?.ack({ send: [{ queue: strict, body: 7 }] });
  await expect(strict.receive()).resolves.toMatchObject({ body: 7 });
});

it('a consumer whose lease was lost sends nothing', async () => {
  const [first, second] = [redis.queue<number>(), redis.queue<number>()];
  await first.send(1);
  const delivery = await first.receive();
  await expireLeases(first as never, await consumersOf(first as never));
  const other = redis.otherEnd(first);
  other.consume(({ ack }) => void ack, { leaseMs: 1000 });
  await eventually(async () => (await other.stats()).total.acked === 1);
  await expect(delivery?.ack({ send: [{ queue: second, body: 2 }] })).rejects.toThrow();
  expect((await second.stats()).pending).toBe(0);
  expect(await left(first)).toEqual([]);
});

it('what the queue has received before is not received again, however late it is relayed', async () => {
  const queue = redis.queue<string>();
  const keys = queueKeys(queue.name);
  const relay = (source: string, ...ids: string[]) =>
    queue.connection.run(receive, {
      keys,
      source,
      entries: ids.map((id) => ({ id, delay: '0', ttl: '0', element: Buffer.from(id) })),
    });
  expect(await relay('1:a', '9-0', '10-0', '10-2')).toBe(3);
  expect(await relay('1:a', '9-0')).toBe(0);
  expect(await relay('1:a', '10-0', '10-2', '10-10')).toBe(1);
  expect(await relay('1:a', '10-9')).toBe(0);
  // Another queue, and a new outbox of the same name, count for themselves.
  expect(await relay('1:b', '9-0')).toBe(1);
  expect(await relay('2:a', '9-0')).toBe(1);
  expect((await queue.stats()).pending).toBe(6);
});

it('what a consumer has not relayed before it died, another one relays with its heartbeat', async () => {
  const [first, second] = [redis.queue<number>(), redis.queue<number>()];
  const keys = queueKeys(first.name);
  await first.connection.call('HSET', [keys.outboxes, second.name, '1']);
  const entry = ['delay', '0', 'ttl', '0', 'element', '42'];
  await first.connection.call('XADD', [`${keys.outbox}${second.name}`, '*', ...entry]);
  first.consume(() => {}, { leaseMs: 1000 });
  await expect(second.receive({ timeoutMs: 20_000 })).resolves.toMatchObject({ body: 42 });
  await eventually(async () => (await left(first)).length === 0);
});

it('what has not arrived yet is counted in the outbox, with the time since when it waits', async () => {
  const [first, second, third] = [redis.queue<number>(), redis.queue<number>(), redis.queue()];
  const before = Date.now();
  // What is no queue receives nothing.
  await first.connection.call('SET', [second.name, 'a text']);
  const errors: Error[] = [];
  const consumer = first.consume(
    (delivery) => {
      const { body } = delivery;
      return delivery.ack({
        send: [
          { queue: second, body },
          { queue: third, body },
        ],
      });
    },
    { leaseMs: 1000 },
  );
  consumer.on('error', (error) => errors.push(error));
  await first.sendBatch([{ body: 1 }, { body: 2 }]);
  await eventually(async () => (await third.stats()).pending === 2);
  await eventually(() => errors.length > 0);
  await eventually(async () => (await first.stats()).outbox.pending === 2);
  const { outbox, pending } = await first.stats();
  expect(pending).toBe(0);
  const waitsSince = outbox.waitsSince?.getTime() ?? 0;
  expect(Math.abs(waitsSince - before)).toBeLessThan(busyMs(1000));

  // Of several outboxes, the oldest message counts.
  const keys = queueKeys(first.name);
  await first.connection.call('HSET', [keys.outboxes, 'elsewhere', '1']);
  const entry = ['delay', '0', 'ttl', '0', 'element', '42'];
  await first.connection.call('XADD', [`${keys.outbox}elsewhere`, '5000-7', ...entry]);
  expect((await first.stats()).outbox).toEqual({ pending: 3, waitsSince: new Date(5000) });
  await first.connection.call('DEL', [`${keys.outbox}elsewhere`]);

  await first.connection.call('DEL', [second.name]);
  await eventually(async () => (await second.stats()).pending === 2);
  await eventually(async () => (await first.stats()).outbox.pending === 0);
  expect((await first.stats()).outbox).toEqual({ pending: 0, waitsSince: undefined });
});

it('a queue that is destroyed leaves no outbox, and may send again', async () => {
  const [first, second] = [redis.queue<number>(), redis.queue<number>()];
  const sendOn = async (body: number) => {
    await first.send(body);
    await (await first.receive())?.ack({ send: [{ queue: second, body }] });
    await expect(second.receive({ timeoutMs: 20_000 })).resolves.toMatchObject({ body });
  };
  await sendOn(1);
  await first.destroy();
  const keys = (await first.connection.call('KEYS', [`{${first.name}}:*`])) as Buffer[];
  // What its consumer writes with its next beat may be there again.
  const ofConsumers = /:(consumers|consumer:[^:]+|series)$/;
  expect(keys.map(String).filter((key) => !ofConsumers.test(key))).toEqual([]);
  await sendOn(2);
});

it('along a chain of queues in several slots, no hop is lost or doubled while processes are killed', async () => {
  const cluster = await startTestCluster({ startRedis, connect });
  onTestFinished(() => cluster.stop());
  const connection = connect(cluster.addresses);
  onTestFinished(() => connection.close());
  const names = Array.from({ length: 4 }, () => uniqueName());
  // All of them have different slots.
  const slots = names.map((name) => connection.call('CLUSTER', ['KEYSLOT', name]));
  expect(new Set(await Promise.all(slots)).size).toBe(names.length);
  const [first, last] = [names[0], names[3]].map((name) => {
    const queue = new Queue<{ n: number; hops: number }>(name as string, { connection });
    onTestFinished(() => queue.close());
    return queue;
  }) as [Queue<{ n: number; hops: number }>, Queue<{ n: number; hops: number }>];
  const path = fileURLToPath(new URL('./support/chained.mjs', import.meta.url));
  const options = { concurrency: 20, leaseMs: 1000 };
  const input = JSON.stringify({ url: cluster.addresses, names, options });
  const start = async () => {
    const child = spawn(process.execPath, [path, input], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    return child;
  };

  const messages = Math.ceil(hopsInAll / hops);
  const children = await Promise.all([start(), start(), start()]);
  const all = Array.from({ length: messages }, (_, n) => ({ body: { n, hops } }));
  const seen: number[] = [];
  const consumer = last.consume(({ body }) => void seen.push(body.n), { concurrency: 50 });
  const sent = first.sendBatch(all);
  let kills = 0;
  while (kills < 3 || seen.length < messages) {
    await pause(300);
    children.shift()?.kill('SIGKILL');
    kills += 1;
    children.push(await start());
  }
  await sent;
  // Nothing comes behind: wherever messages may wait, there is none.
  const chain = names.map((name) => new Queue(name, { connection }));
  for (const queue of chain) onTestFinished(() => queue.close());
  await eventually(async () => {
    const stats = await Promise.all(chain.map((queue) => queue.stats()));
    return stats.every(
      ({ pending, active, delayed, outbox }) => pending + active + delayed + outbox.pending === 0,
    );
  }, 60_000);
  await consumer.stop();
  expect(seen.sort((a, b) => a - b)).toEqual(all.map(({ body }) => body.n));
  const dead = await Promise.all(chain.map(async (queue) => (await queue.stats()).dead));
  expect(dead).toEqual([0, 0, 0, 0]);
  if (isLong) process.stderr.write(`chain: ${messages * hops} hops, ${kills} processes killed\n`);
}, 900_000);
