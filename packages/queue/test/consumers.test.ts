import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { busyMs } from '../../../tooling/machine-pace.js';
import { listQueues } from '../src/index.js';
import { consumersOf, deferred, expireLeases } from './support/in-redis.js';
import { openConnection, type TestQueue, uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

async function registrations({ connection, name }: TestQueue<number>): Promise<string[]> {
  return ((await connection.call('KEYS', [`{${name}}:consumer:*`])) as Buffer[]).map(String);
}

it('a consumer tells what it is, and how many messages it holds, until it has stopped', async () => {
  const queue = redis.queue<number>();
  const end = deferred<void>();
  await queue.sendBatch([{ body: 1 }, { body: 2 }, { body: 3 }]);
  const before = Date.now();
  const consumer = queue.consume(
    async function double() {
      await end.promise;
    },
    { concurrency: 2, leaseMs: 60_000 },
  );
  await eventually(async () => (await queue.consumers())[0]?.held === 2);

  const [info] = await redis.otherEnd(queue).consumers();

  expect(info).toMatchObject({
    host: hostname(),
    pid: process.pid,
    node: process.versions.node,
    version: '0.0.0-test',
    runs: 'consume',
    handler: 'double',
    concurrency: 2,
    held: 2,
  });
  expect(info?.startedAt?.getTime()).toBeGreaterThanOrEqual(before - 1000);
  expect(info?.leaseEndsAt.getTime()).toBeGreaterThan(before);
  end.resolve();
  await consumer.stop();
  expect(await queue.consumers()).toEqual([]);
  expect(await registrations(queue)).toEqual([]);
});

it('a consumer tells since when it has what it has had for longest', async () => {
  const queue = redis.queue<number>();
  const end = deferred<void>();
  await queue.sendBatch([{ body: 1 }, { body: 2 }, { body: 3 }]);
  const before = Date.now();
  const handler = ({ body }: { body: number }) => (body === 2 ? end.promise : undefined);
  const consumer = queue.consume(handler, { leaseMs: busyMs(300) });
  await eventually(async () => (await queue.stats()).total.acked === 1);
  const [after] = await queue.consumers();
  const info = await eventually(async () => {
    const [its] = await queue.consumers();
    return its?.runningSince && its;
  });
  expect(info.runningSince?.getTime()).toBeGreaterThanOrEqual(before - 1000);
  expect(info.runningSince?.getTime()).toBeLessThanOrEqual(Date.now() + 1000);
  expect(after?.consumer).toBe(info.consumer);
  const since = info.runningSince?.getTime() ?? 0;
  const later = await eventually(async () => {
    const [its] = await queue.consumers();
    return its && its.leaseEndsAt > info.leaseEndsAt ? its.runningSince : undefined;
  });
  // Both are told by two clocks, each to a ms.
  expect(Math.abs(later.getTime() - since)).toBeLessThan(20);
  end.resolve();
  await queue.idle();
  expect((await queue.consumers())[0]).not.toHaveProperty('runningSince');
  await consumer.stop();
});

it('what a consumer tells of itself ends with its lease, be it recovered or not', async () => {
  const queue = redis.queue<number>();
  queue.consume(() => {}, { leaseMs: 60_000 });
  await eventually(async () => (await registrations(queue)).length === 1);
  const [key = ''] = await registrations(queue);
  const ttl = Number(await queue.connection.call('PTTL', [key]));
  expect(ttl).toBeGreaterThan(0);
  // It is not written with every renewal.
  expect(ttl).toBeLessThanOrEqual(2 * 60_000);

  await expireLeases(queue as never, await consumersOf(queue as never));
  redis.otherEnd(queue).consume(() => {}, { leaseMs: busyMs(300) });
  await eventually(async () => !(await registrations(queue)).includes(key));
  expect((await queue.consumers()).map(({ consumer }) => consumer)).not.toContain(
    key.slice(key.lastIndexOf(':') + 1),
  );
});

it('a renewal brings back what the server has lost', async () => {
  const queue = redis.queue<number>();
  queue.consume(() => {}, { leaseMs: busyMs(300) });
  await eventually(async () => (await registrations(queue)).length === 1);
  const [key = ''] = await registrations(queue);
  await queue.connection.call('DEL', [key]);
  await eventually(async () => (await registrations(queue)).includes(key));
});

it('batch consumers and receivers are told from others', async () => {
  const queue = redis.queue<number>();
  queue.consumeBatch(() => {}, { concurrency: 3 });
  void queue.receive().catch(() => {});
  await eventually(async () => (await queue.consumers()).length === 2);
  const found = await queue.consumers();
  const told = found.map(({ runs, concurrency }) => `${runs} ${concurrency}`).sort();
  expect(told).toEqual(['consumeBatch 3', 'receive 1']);
});

it('a queue is listed once a producer or a consumer has used it, until it is destroyed', async () => {
  const connection = redis.connection();
  const [sent, consumed, unused] = [uniqueName(), uniqueName(), uniqueName()];
  const names = async () => (await listQueues(connection)).map(({ name }) => name);
  const queue = redis.queue<number>({ name: sent });
  await queue.send(1);
  redis.queue({ name: consumed }).consume(() => {});
  redis.queue({ name: unused });
  await eventually(async () => (await names()).includes(sent));
  await eventually(async () => (await names()).includes(consumed));
  expect(await names()).not.toContain(unused);

  await queue.destroy();
  expect(await names()).not.toContain(sent);
  await queue.send(2);
  await eventually(async () => (await names()).includes(sent));
});

it('a queue is noted once for all sends of a connection', async () => {
  const connection = redis.connection();
  const name = uniqueName();
  await redis.queue<number>({ name, connection }).send(1);
  await eventually(async () =>
    (await listQueues(connection)).some((listed) => listed.name === name),
  );
  await connection.call('ZREM', ['{redpost}:queues', name]);
  for (let n = 0; n < 3; n += 1) await redis.queue<number>({ name, connection }).send(n);
  await connection.ping();
  expect((await listQueues(connection)).map((listed) => listed.name)).not.toContain(name);
});

it('a name that was not used for 30 days is listed while something is left of its queue', async () => {
  const queue = redis.queue<number>();
  const gone = uniqueName();
  await queue.send(1);
  await eventually(async () =>
    (await listQueues(queue.connection)).some(({ name }) => name === queue.name),
  );
  const old = Date.now() - 31 * 24 * 3_600_000;
  await queue.connection.call('ZADD', ['{redpost}:queues', old, queue.name, old, gone]);
  const names = (await listQueues(queue.connection)).map(({ name }) => name);
  expect(names).toContain(queue.name);
  expect(names).not.toContain(gone);
  expect(await queue.connection.call('ZSCORE', ['{redpost}:queues', gone])).toBeNull();
});

it('a user who may not write the index can send and consume', async () => {
  const admin = redis.connection();
  const name = uniqueName();
  const [user, password] = [`u-${name}`, 'secret'];
  const rule = ['+@all', `~${name}`, `~{${name}}:*`, '&*'];
  await admin.call('ACL', ['SETUSER', user, 'on', `>${password}`, ...rule]);
  const connection = openConnection(redis.url.replace('//', `//${user}:${password}@`));
  const queue = redis.queue<number>({ name, connection });
  const handled: number[] = [];
  const consumer = queue.consume(({ body }) => handled.push(body));
  const errors: Error[] = [];
  consumer.on('error', (error) => errors.push(error));
  await queue.send(1);
  await eventually(() => handled.length === 1);
  await consumer.stop();
  await queue.destroy();
  expect(errors).toEqual([]);
});
