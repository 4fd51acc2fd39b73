import { queryObjects } from 'node:v8';
import { type Connection, TimeoutError } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import { Outbox } from '../src/outbox/outbox.js';
import { HistoryRecorder } from '../src/recording/history-recorder.js';
import { Finishes } from '../src/results/finishes.js';
import { ProgressReports } from '../src/results/progress-reports.js';
import { Producer } from '../src/sending/producer.js';
import { PassedOn } from '../src/store/passed-on.js';
import { consumersOf, countBlocked, deferred, expireLeases } from './support/in-redis.js';
import { openConnection, startOwnRedis, type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** How often the server has executed each command since the statistics were reset, also in scripts. */
async function executed(connection: Connection): Promise<Map<string, number>> {
  const info = String(await connection.call('INFO', ['commandstats']));
  const found = [...info.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)];
  const counts = found.map(([, name = '', calls]) => [name, Number(calls)] as const);
  return new Map(counts.filter(([name]) => !/^(info|config|ping|client)/.test(name)));
}

it('the leases of many idle consumers cost three commands each, and share calls', async () => {
  const count = 50;
  const own = await startOwnRedis();
  const admin = openConnection(own.url);
  const connection = openConnection(own.url);
  const queues = Array.from({ length: count }, (_, n) =>
    redis.queue<string>({ name: `queue ${n}`, connection }),
  );
  for (const queue of queues) queue.consume(() => {}, { leaseMs: 900 });
  await eventually(async () => (await countBlocked(admin)) === count);
  // What belongs to the start is over with the second beat.
  const renewals = async () => (await executed(admin)).get('zadd') ?? 0;
  const started = await renewals();
  await eventually(async () => (await renewals()) >= started + 2 * count);

  await admin.call('CONFIG', ['RESETSTAT']);
  await eventually(async () => (await renewals()) >= 4 * count);
  const counts = await executed(admin);

  const leases = counts.get('zadd') ?? 0;
  const all = [...counts.values()].reduce((sum, calls) => sum + calls, 0);
  expect(all / leases).toBeLessThan(4);
  expect((counts.get('evalsha') ?? 0) / leases).toBeLessThan(0.1);
});

it('a consumer at rest has nothing in memory for what it has never done', async () => {
  const parts = [Producer, Outbox, HistoryRecorder, Finishes, ProgressReports, PassedOn];
  const counts = () => parts.map((part) => queryObjects(part as never, { format: 'count' }));
  const connection = redis.connection();
  const sender = redis.queue<string>({ connection });
  const before = counts();

  for (let n = 0; n < 5; n += 1) {
    const queue = redis.queue<string>({ connection });
    queue.consume(() => {});
  }
  await eventually(async () => (await countBlocked(connection)) >= 5);
  const resting = counts();
  await sender.send('one');

  expect(resting).toEqual(before);
  expect(queryObjects(Producer as never, { format: 'count' })).toBe((before[0] ?? 0) + 1);
});

it('a beat of many finds what no signal has told, and brings it to its consumer', async () => {
  const connection = redis.connection();
  const queues = Array.from({ length: 5 }, () => redis.queue<string>({ connection }));
  const handled: string[] = [];
  for (const { name, consume } of queues.map((queue) => wait(queue))) {
    consume((body) => handled.push(`${queues.findIndex((queue) => queue.name === name)} ${body}`));
  }
  await eventually(async () => (await countBlocked(connection)) >= queues.length);

  const [first, second, third] = queues as [
    TestQueue<string>,
    TestQueue<string>,
    TestQueue<string>,
  ];
  await connection.call('LPUSH', [`{${first.name}}:returned`, '"returned"']);
  await connection.call('LPUSH', [`{${second.name}}:suspects`, '"suspect"']);
  await connection.call('ZADD', [`{${third.name}}:delayed`, 1, '0000000001"delayed"']);

  await eventually(() => handled.length === 3, 3000);
  expect(handled.sort()).toEqual(['0 returned', '1 suspect', '2 delayed']);
});

function wait(queue: TestQueue<string>) {
  const consume = (handle: (body: string) => void) =>
    queue.consume(({ body }) => handle(body), { leaseMs: 900 });
  return { name: queue.name, consume };
}

it('a consumer that heard nothing of its lease for so long that it asked for nothing asks again with the next beat', async () => {
  let isDeaf = false;
  let lostAnswers = 0;
  const connection = interposed(redis.connection(), async (script, run) => {
    const reply = await run();
    if (!isDeaf || !script.startsWith('renew')) return reply;
    lostAnswers += 1;
    throw new TimeoutError('no answer to a beat', { outcome: 'unknown' });
  });
  const queue = redis.queue<string>({ connection });
  const handled: string[] = [];
  const first = deferred<void>();
  const consumer = queue.consume(
    async ({ body }) => {
      handled.push(body);
      if (body === 'first') await first.promise;
    },
    { leaseMs: 900 },
  );
  consumer.on('error', () => {});
  await queue.send('first');
  await eventually(() => handled.length === 1);
  isDeaf = true;
  // Beats come three times per lease.
  await eventually(() => lostAnswers === 4);
  await queue.send('second');
  first.resolve();
  await eventually(async () => (await queue.stats()).active === 0);
  const { pending } = await queue.stats();
  isDeaf = false;

  await eventually(() => handled.length === 2);
  expect(pending).toBe(1);
});

it('an idle consumer whose lease is gone goes on under another name, and the others keep theirs', async () => {
  const connection = redis.connection();
  const queues = Array.from({ length: 3 }, () => redis.queue<string>({ connection }));
  const handled: string[] = [];
  for (const queue of queues) queue.consume(({ body }) => handled.push(body), { leaseMs: 900 });
  await eventually(async () => (await countBlocked(connection)) >= queues.length);
  const [first, second] = queues as [TestQueue<string>, TestQueue<string>];
  const [before, kept] = [await consumersOf(first as never), await consumersOf(second as never)];

  await connection.call('ZREM', [`{${first.name}}:consumers`, ...before]);

  await eventually(async () => {
    const [now] = await consumersOf(first as never);
    return now !== undefined && now !== before[0];
  }, 3000);
  await first.send('after that');
  await eventually(() => handled.length === 1);
  expect(await consumersOf(second as never)).toEqual(kept);
});

it('an idle consumer finds among many the one that has died, and takes what that one held', async () => {
  const connection = redis.connection();
  const queues = Array.from({ length: 3 }, () => redis.queue<string>({ connection }));
  const [first] = queues as [TestQueue<string>];
  const dying = redis.otherEnd(first);
  await first.send('held by the dead');
  const [taken, over] = [deferred(), deferred()];
  dying.consume(() => {
    taken.resolve();
    return over.promise;
  });
  await taken.promise;
  const dead = await consumersOf(first as never);
  const handled: string[] = [];
  for (const queue of queues) queue.consume(({ body }) => handled.push(body), { leaseMs: 900 });
  await eventually(async () => (await consumersOf(first as never)).length === 2);

  await expireLeases(first as never, dead);

  await eventually(() => handled.length === 1, 3000);
  over.resolve();
});

it('a queue whose keys are of another type does not keep others from their leases', async () => {
  const connection = redis.connection();
  const [good, bad] = [redis.queue<string>({ connection }), redis.queue<string>({ connection })];
  const errors: Error[] = [];
  for (const queue of [bad, good]) {
    const consumer = queue.consume(() => {}, { leaseMs: 900 });
    if (queue === bad) consumer.on('error', (error) => errors.push(error));
  }
  await eventually(async () => (await countBlocked(connection)) >= 2);
  const names = await consumersOf(good as never);

  await connection.call('SET', [`{${bad.name}}:consumers`, 'of another program']);
  await eventually(() => errors.length > 0, 3000);
  const renewals = async () =>
    Number(await connection.call('ZSCORE', [`{${good.name}}:consumers`, names[0] as string]));
  const before = await renewals();
  await eventually(async () => (await renewals()) > before, 3000);

  expect(await consumersOf(good as never)).toEqual(names);
  await connection.call('DEL', [`{${bad.name}}:consumers`]);
});
