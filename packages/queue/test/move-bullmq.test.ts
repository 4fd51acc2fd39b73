import { fileURLToPath } from 'node:url';
import type { Connection } from '@redpost/core';
import * as six from 'bullmq';
import * as five from 'bullmq5';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import type { Queue } from '../src/index.js';
import {
  type MoveFromBullMQOptions,
  type MoveFromBullMQResult,
  moveFromBullMQ,
  undoMoveFromBullMQ,
} from '../src/move/index.js';
import { contentsOf } from './support/contents.js';
import { startPrinting } from './support/printing-process.js';
import { uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

const versions = [
  ['5', five as unknown as typeof six],
  ['6', six],
] as const;

/** A queue of BullMQ of its own, and one of redpost. */
function useBoth(bullmq: typeof six, prefix?: string) {
  const [name, { hostname: host, port }] = [uniqueName(), new URL(redis.url)];
  const options = { connection: { host, port: Number(port) }, ...(prefix ? { prefix } : {}) };
  const from = new bullmq.Queue(name, options);
  onTestFinished(() => from.close());
  const to = redis.queue<unknown>();
  const { connection } = to;
  return {
    name,
    from,
    to,
    connection,
    move: (more: Partial<MoveFromBullMQOptions> = {}) =>
      moveFromBullMQ(name, to, { connection, ...more }),
    work(
      handle: (job: six.Job) => Promise<unknown>,
      workerOptions: Partial<six.WorkerOptions> = {},
    ) {
      const worker = new bullmq.Worker(name, handle, { ...options, ...workerOptions });
      worker.on('error', () => {});
      onTestFinished(() => worker.close(true));
      return worker;
    },
    flows() {
      const producer = new bullmq.FlowProducer(options);
      onTestFinished(() => producer.close());
      return producer;
    },
  };
}

/** All that is pending, in the order in which it is taken. */
async function pending(queue: Queue<unknown>) {
  const messages = await queue.peek(1000);
  return messages.map(({ id, body, headers, attempt, priority }) => ({
    id,
    body,
    headers,
    attempt,
    priority,
  }));
}

it.each(versions)(
  'jobs of BullMQ %s that wait are moved in their order, those with a priority last',
  async (_, bullmq) => {
    const { from, to, name, move } = useBoth(bullmq);
    await from.addBulk([
      { name: 'late', data: { n: 6 }, opts: { priority: 5000 } },
      { name: 'mail', data: { n: 1 } },
      { name: 'mail', data: { n: 2 }, opts: { jobId: 'mine' } },
      { name: 'mail', data: 'ä text' },
      { name: 'second', data: { n: 5 }, opts: { priority: 2 } },
      { name: 'first', data: { n: 4 }, opts: { priority: 1 } },
    ]);

    const result = await move();

    expect(result).toEqual({
      moved: { waiting: 3, prioritized: 3, delayed: 0, failed: 0, schedulers: 0 },
      left: { active: 0, completed: 0, flows: 0, schedulers: [] },
      isDryRun: false,
      isPaused: false,
      isInterrupted: false,
    });
    const messages = await pending(to);
    expect(messages.map(({ body }) => body)).toEqual([
      { n: 1 },
      { n: 2 },
      'ä text',
      { n: 4 },
      { n: 5 },
      { n: 6 },
    ]);
    expect(messages.map(({ priority }) => priority)).toEqual([4, 4, 4, 3, 2, 0]);
    expect(messages[1]).toMatchObject({
      id: `bull:${name}:mine`,
      headers: { 'bullmq-name': 'mail' },
      attempt: 0,
    });
    expect(await from.getJobCounts()).toMatchObject({ waiting: 0, prioritized: 0 });
    expect(await from.getJob('mine')).toBeUndefined();
  },
);

it.each(versions)(
  'delayed jobs of BullMQ %s are due when they were, with their attempts',
  async (_, bullmq) => {
    const { from, to, move, work } = useBoth(bullmq);
    const worker = work(async () => Promise.reject(new Error('not yet')));
    await from.add(
      'retried',
      { n: 1 },
      { attempts: 5, backoff: { type: 'fixed', delay: 3_600_000 } },
    );
    await eventually(async () => (await from.getDelayedCount()) === 1);
    await worker.close();
    await from.add('later', { n: 2 }, { delay: 7_200_000, priority: 1 });
    await from.add('soon', { n: 3 }, { delay: 200 });
    const [before, now] = [await from.getDelayed(), Date.now()];

    expect((await move()).moved).toMatchObject({ delayed: 3, waiting: 0 });

    const delayed = await to.peek(10, { state: 'delayed' });
    const dueOf = (n: number) =>
      delayed.find(({ body }) => (body as { n: number }).n === n)?.dueAt?.getTime();
    const job = before.find(({ data }) => data.n === 2) as six.Job;
    expect(dueOf(2)).toBeGreaterThanOrEqual(job.timestamp + 7_200_000);
    expect(dueOf(2)).toBeLessThan(now + 7_201_000);
    expect(delayed.find(({ body }) => (body as { n: number }).n === 1)?.attempt).toBe(1);
    expect(delayed.find(({ body }) => (body as { n: number }).n === 2)?.priority).toBe(3);
    const handled: unknown[] = [];
    to.consume(({ body }) => void handled.push(body));
    await eventually(() => handled.length === 1);
    expect(handled).toEqual([{ n: 3 }]);
  },
);

it.each(versions)(
  'failed jobs of BullMQ %s become dead letters with their error and stack',
  async (_, bullmq) => {
    const { from, to, name, move, work } = useBoth(bullmq);
    const worker = work(async ({ data }) => Promise.reject(new TypeError(`no ${data.n}`)));
    await from.add('a', { n: 1 }, { attempts: 2, jobId: 'x' });
    await from.add('b', { n: 2 });
    await eventually(async () => (await from.getFailedCount()) === 2);
    await worker.close();

    expect((await move()).moved).toMatchObject({ failed: 2 });

    const letters = await to.deadLetters.list();
    expect(letters.map(({ error }) => error).sort()).toEqual(['no 1', 'no 2']);
    expect(letters.find(({ id }) => id === `bull:${name}:x`)).toMatchObject({
      reason: 'failed',
      stack: expect.stringMatching(/^TypeError: no 1\n/),
      attempt: 2,
      body: { n: 1 },
    });
    expect(await from.getFailedCount()).toBe(0);
    await to.deadLetters.redrive();
    expect((await to.stats()).pending).toBe(2);
  },
);

it.each(versions)(
  'job schedulers of BullMQ %s become schedules that go on where they were',
  async (_, bullmq) => {
    const { from, to, move } = useBoth(bullmq);
    await from.upsertJobScheduler('pulse', { every: 3_600_000 }, { name: 'pulse', data: { n: 1 } });
    await from.upsertJobScheduler(
      'daily',
      { pattern: '0 8 * * *', tz: 'Europe/Berlin', limit: 10, endDate: new Date('2999-01-01') },
      { name: 'report', data: { n: 2 }, opts: { priority: 2 } },
    );
    await from.upsertJobScheduler('local', { pattern: '*/5 * * * *' }, { data: {} });
    await to.schedules.set('local', {
      everyMs: 1000,
      body: 'its own',
      from: new Date('2999-01-01'),
    });
    const next = new Map((await from.getJobSchedulers()).map(({ key, next }) => [key, next]));

    const { moved, left } = await move({ timeZone: 'Asia/Tokyo' });

    expect(moved.schedulers).toBe(2);
    expect(left.schedulers).toContainEqual({
      id: 'local',
      reason: expect.stringContaining('has a schedule of this name'),
    });
    expect(await to.schedules.get('daily')).toMatchObject({
      cron: '0 8 * * *',
      timeZone: 'Europe/Berlin',
      limit: 10,
      priority: 2,
      body: { n: 2 },
      headers: { 'bullmq-name': 'report' },
      until: new Date('2999-01-01'),
    });
    for (const name of ['daily', 'pulse']) {
      const due = (await to.schedules.get(name))?.next?.getTime();
      // BullMQ makes the first job of an interval at once.
      if (name === 'daily') expect(due).toBe(next.get(name));
      else expect(((due as number) - (next.get(name) as number)) % 3_600_000).toBe(0);
      expect(await from.getJobScheduler(name)).toBeFalsy();
    }
    expect((await from.getJobSchedulers()).map(({ key }) => key)).toContain('local');
  },
);

it.each(versions)(
  'flows of BullMQ %s and what is active are left to end there',
  async (_, bullmq) => {
    const { from, to, move, name, work, flows } = useBoth(bullmq);
    await flows().add({
      name: 'parent',
      queueName: name,
      data: {},
      children: [
        { name: 'child', queueName: name, data: { n: 1 } },
        { name: 'child', queueName: name, data: { n: 2 } },
      ],
    });
    await from.add('own', { n: 3 });

    const { moved, left } = await move();

    expect(moved.waiting).toBe(1);
    expect(left.flows).toBe(3);
    expect((await pending(to)).map(({ body }) => body)).toEqual([{ n: 3 }]);
    const ended: string[] = [];
    work(async (job) => void ended.push(job.name));
    await eventually(() => ended.length === 3);
    expect(ended.at(-1)).toBe('parent');
  },
);

it.each(versions)(
  'a queue that is paused in BullMQ %s is paused before its jobs are moved',
  async (_, bullmq) => {
    const { from, to, move } = useBoth(bullmq);
    await from.add('before', { n: 1 });
    await from.pause();
    await from.add('while', { n: 2 });
    const handled: unknown[] = [];
    to.consume(({ body }) => void handled.push(body));

    expect(await move()).toMatchObject({ isPaused: true, moved: { waiting: 2 } });

    expect((await to.stats()).paused).toMatchObject({ reason: 'The queue was paused in BullMQ' });
    expect((await pending(to)).map(({ body }) => body)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(handled).toEqual([]);
    await to.resume();
    await eventually(() => handled.length === 2);
  },
);

it('a dry run counts, and changes nothing', async () => {
  const { from, to, name, move, connection } = useBoth(six);
  await from.add('a', { n: 1 });
  await from.add('b', { n: 2 }, { delay: 10_000 });
  await from.upsertJobScheduler('pulse', { every: 3_600_000 }, { data: {} });
  const before = await contentsOf(connection, `bull:${name}:`);

  const { moved } = await move({ dryRun: true });

  expect(moved).toMatchObject({ waiting: 1, schedulers: 1 });
  expect(await contentsOf(connection, `bull:${name}:`)).toEqual(before);
  expect(await to.stats()).toMatchObject({ pending: 0, delayed: 0 });
});

it('what a job becomes can be said by a function', async () => {
  const { from, to, move } = useBoth(six, 'own');
  await from.add('mail', { to: 'a' }, { priority: 3 });

  await move({
    prefix: 'own',
    map: ({ name, data, priority }) => ({
      body: { name, data, priority },
      key: 'k',
      headers: { h: '1' },
    }),
  });

  const [message] = await to.peek(1);
  expect(message).toMatchObject({
    body: { name: 'mail', data: { to: 'a' }, priority: 3 },
    key: 'k',
    headers: { h: '1' },
  });
});

it('a map that throws has lost nothing, and the next move goes on', async () => {
  const { from, to, move } = useBoth(six);
  await from.addBulk([1, 2, 3].map((n) => ({ name: 'a', data: { n } })));

  const map = () => {
    throw new Error('cannot');
  };
  await expect(move({ map })).rejects.toThrow('cannot');

  expect((await to.stats()).pending).toBe(0);
  expect((await move()).moved.waiting).toBe(3);
  expect((await pending(to)).map(({ body }) => body)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
});

it.each(versions)(
  'a job id or a deduplication of BullMQ %s that is added again is another job',
  async (_, bullmq) => {
    const { from, to, move } = useBoth(bullmq);
    for (const n of [1, 2]) {
      await from.add('a', { n }, { jobId: 'same' });
      await from.add('b', { n }, { deduplication: { id: 'one' } });
      await move();
    }
    expect((await pending(to)).map(({ body }) => (body as { n: number }).n)).toEqual([1, 1, 2, 2]);
  },
);

it('a queue that BullMQ does not have, and options that cannot work, are refused', async () => {
  const { move, connection, to } = useBoth(six);
  expect(await rejection(moveFromBullMQ('nowhere', to, { connection }))).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('There is no queue "nowhere" of BullMQ'),
  });
  for (const options of [{ ratePerSecond: 0 }, { prefix: '' }, { map: 1 }, { rate: 5 }]) {
    expect(await rejection(move(options as object))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  }
});

it.each(versions)(
  'what was moved from BullMQ %s and still waits goes back, as it was and where it was',
  async (_, bullmq) => {
    const { from, to, name, connection, move, work } = useBoth(bullmq);
    const failing = work(async () => Promise.reject(new Error('no')));
    await from.add('failed', { n: 0 }, { jobId: 'dead' });
    await eventually(async () => (await from.getFailedCount()) === 1);
    await failing.close();
    await from.addBulk([
      ...[1, 2, 3].map((n) => ({ name: 'job', data: { n } })),
      { name: 'sooner', data: { n: 5 }, opts: { priority: 1, attempts: 7 } },
      { name: 'later', data: { n: 6 }, opts: { delay: 3_600_000 } },
    ]);
    const read = async () => {
      const jobs = await from.getJobs(['waiting', 'prioritized', 'delayed', 'failed']);
      return jobs.map((job) => JSON.stringify(job)).sort();
    };
    const before = await read();
    await move();
    expect((await to.receive())?.body).toEqual({ n: 1 });
    await to.send('its own');

    const undone = await undoMoveFromBullMQ(name, to, { connection });

    expect(undone).toEqual({ restored: 5, left: 1, isInterrupted: false });
    expect(await read()).toEqual(before.filter((job) => !job.includes('"n":1}')));
    expect(await from.getJobCounts()).toMatchObject({
      waiting: 2,
      prioritized: 1,
      delayed: 1,
      failed: 1,
    });
    expect((await pending(to)).map(({ body }) => body)).toEqual(['its own']);
    const ended: number[] = [];
    work(async ({ data }) => void ended.push(data.n));
    await eventually(() => ended.length === 3);
    expect(ended).toEqual([2, 3, 5]);
    expect(await undoMoveFromBullMQ(name, to, { connection })).toMatchObject({
      restored: 0,
      left: 1,
    });
  },
);

it.each(versions)(
  'what was moved from a queue that is paused in BullMQ %s goes back, and is handled when it is resumed',
  async (version, bullmq) => {
    const { from, to, name, connection, move, work } = useBoth(bullmq);
    await from.add('before', { n: 1 });
    await from.pause();
    await move();
    await from.add('meanwhile', { n: 2 });

    const undone = await undoMoveFromBullMQ(name, to, { connection });

    expect(undone).toMatchObject({ restored: 1, left: 0 });
    const list = `bull:${name}:${version === '5' ? 'paused' : 'wait'}`;
    expect(await connection.call('LLEN', [list])).toBe(2);
    await from.resume();
    const ended: number[] = [];
    work(async ({ data }) => void ended.push(data.n));
    await eventually(() => ended.length === 2);
    expect(ended.sort()).toEqual([1, 2]);
  },
);

it('nothing is undone where nothing was moved', async () => {
  const { name, to, connection } = useBoth(six);
  expect(await rejection(undoMoveFromBullMQ(name, to, { connection }))).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('nothing can be undone'),
  });
});

it('what was taken out of the queue by an undo that has died goes back with the next one', async () => {
  const { from, to, name, connection, move } = useBoth(six);
  await from.addBulk([1, 2].map((n) => ({ name: 'job', data: { n } })));
  await move();
  const [[entry] = []] = (await connection.call('XRANGE', [
    `bull:${name}:redpost:taken`,
    '-',
    '+',
  ])) as [Buffer][];
  await connection.call('RPOP', [to.name]);
  await connection.call('SADD', [`{${to.name}}:exported:bull:${name}`, String(entry)]);

  expect(await undoMoveFromBullMQ(name, to, { connection })).toMatchObject({
    restored: 2,
    left: 0,
  });

  expect((await from.getWaiting()).map(({ data }) => data.n).sort()).toEqual([1, 2]);
});

it('no job is lost or moved twice when the process is killed three times', async () => {
  const { from, to, name, connection } = useBoth(six);
  const count = 10_000;
  for (let n = 0; n < count; n += 1000) {
    await from.addBulk(
      Array.from({ length: 1000 }, (_, at) => ({
        name: 'job',
        data: { n: n + at },
        opts:
          at % 10 === 0 ? { delay: 3_600_000 } : at % 10 === 1 ? { priority: 1 + (at % 3) } : {},
      })),
    );
  }
  const file = new URL('./support/moving.mjs', import.meta.url);
  expect(fileURLToPath(file)).toContain('moving');
  const start = () =>
    startPrinting<{ moved?: number; result?: MoveFromBullMQResult }>(file, {
      url: redis.url,
      from: name,
      to: to.name,
    });
  for (const atLeast of [200, 1500, 3000]) {
    const { child, lines } = start();
    await eventually(() => lines.some(({ moved = 0 }) => moved >= atLeast));
    child.kill('SIGKILL');
  }
  // Two at a time do not disturb each other.
  const both = [start(), start()];
  await eventually(() => both.every(({ lines }) => lines.at(-1)?.result), 60_000);

  const { pending: waiting, delayed } = await to.stats();
  expect([waiting, delayed]).toEqual([9000, 1000]);
  const seen = new Map<number, number>();
  const bodies = [
    ...(await elements(connection, to.name)),
    ...(await elements(connection, `{${to.name}}:delayed`)),
    ...(await elements(connection, `{${to.name}}:level:3`)),
    ...(await elements(connection, `{${to.name}}:level:2`)),
    ...(await elements(connection, `{${to.name}}:level:1`)),
  ];
  for (const { n } of bodies) seen.set(n, (seen.get(n) ?? 0) + 1);
  expect([seen.size, Math.max(...seen.values())]).toEqual([count, 1]);
  const inList = (await elements(connection, to.name)).map(({ n }) => n).reverse();
  expect(inList).toEqual([...inList].sort((a, b) => a - b));
});

async function elements(connection: Connection, key: string): Promise<{ n: number }[]> {
  const type = String(await connection.call('TYPE', [key]));
  const command = type === 'zset' ? 'ZRANGE' : 'LRANGE';
  const found = type === 'none' ? [] : ((await connection.call(command, [key, 0, -1])) as Buffer[]);
  return found.map((element) => JSON.parse(String(element).split('\n')[1] as string));
}
