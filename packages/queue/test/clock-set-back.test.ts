import { newConsumerName } from '@redpost/core/consuming';
import { expect, it } from 'vitest';
import { queueKeys } from '../src/keys.js';
import { leaseOf } from '../src/scripts/lease.js';
import { leave } from '../src/scripts/leave.js';
import { renew } from '../src/scripts/renew.js';
import { plain } from '../src/shape/shape.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();
const hourMs = 3_600_000;

it('the messages of a dead consumer return to the queue, though the clock of the server was set back', async () => {
  const queue = redis.queue<string>({ consume: { leaseMs: 300 } });
  const keys = queueKeys(queue.name);
  const id = await queue.send('hello');
  const dead = newConsumerName(300);
  const { connection } = queue;
  await connection.run(renew, { keys, consumer: dead, leaseMs: 300, take: true, inForce: '' });
  await connection.run(leaseOf(plain), {
    version: plain.version,
    keys,
    consumer: dead,
    from: 'RIGHT',
    count: 1,
    asBatch: false,
    withList: true,
    withSuspect: false,
    firstReceipt: 1,
    handedOff: undefined,
    acked: { batches: [], receipts: [], expired: 0 },
  });
  // The end of its lease as it stands there after the clock went back by an hour.
  await connection.call('ZINCRBY', [keys.consumers, hourMs, dead]);

  const again = await queue.receive({ timeoutMs: 10_000 });

  expect(again).toMatchObject({ id, attempt: 2 });
  await again?.ack();
});

it('a longer lease of another consumer stays as long as it is', async () => {
  const queue = redis.queue<string>({ consume: { leaseMs: 300 } });
  const { consumers } = queueKeys(queue.name);
  const other = newConsumerName(60_000);
  const [seconds] = (await queue.connection.call('TIME', [])) as Buffer[];
  const end = Number(seconds) * 1000 + 55_000;
  await queue.connection.call('ZADD', [consumers, end, other]);

  expect(await queue.receive({ timeoutMs: 500 })).toBeUndefined();

  expect(Number(await queue.connection.call('ZSCORE', [consumers, other]))).toBe(end);
});

it('a former consumer is remembered for as long as a blocking move of its may last, however short leases are', async () => {
  const queue = redis.queue<string>();
  const keys = queueKeys(queue.name);
  const { connection } = queue;
  const [former, other] = [newConsumerName(200), newConsumerName(200)];
  const lease = { keys, leaseMs: 200, take: true, inForce: '' };
  await connection.run(renew, { ...lease, consumer: former });
  await connection.run(leave, { keys, consumer: former, mayBeBlocked: true });
  const until = () => connection.call('ZSCORE', [keys.consumers, `~${former}`]);
  const before = String(await until());

  await connection.run(renew, { ...lease, consumer: other });
  expect(String(await until())).toBe(before);

  // The clock of the server went back by an hour.
  await connection.call('ZADD', [keys.consumers, Number(before) + hourMs, `~${former}`]);
  await connection.run(renew, { ...lease, consumer: other });
  expect(Number(await until())).toBeLessThan(Number(before) + hourMs / 2);
  expect(Number(await until())).toBeGreaterThanOrEqual(Number(before));
});
