import type { Connection } from '@redpost/core';
import BeeQueue from 'bee-queue';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import {
  type MoveFromBeeQueueOptions,
  type MoveFromBeeQueueResult,
  moveFromBeeQueue,
  undoMoveFromBeeQueue,
} from '../src/move/index.js';
import { contentsOf } from './support/contents.js';
import { startPrinting } from './support/printing-process.js';
import { uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** A queue of bee-queue of its own, and one of redpost. */
function useBoth(prefix?: string) {
  const [name, { hostname: host, port }] = [uniqueName(), new URL(redis.url)];
  const settings = { redis: { host, port: Number(port) }, ...(prefix ? { prefix } : {}) };
  const open = (more: BeeQueue.QueueSettings) => {
    const queue = new BeeQueue(name, { ...settings, ...more });
    queue.on('error', () => {});
    onTestFinished(() => queue.close(1000).catch(() => {}));
    return queue;
  };
  const to = redis.queue<unknown>();
  const { connection } = to;
  return {
    name,
    from: open({ isWorker: false, getEvents: false, storeJobs: false }),
    to,
    connection,
    move: (more: Partial<MoveFromBeeQueueOptions> = {}) =>
      moveFromBeeQueue(name, to, { connection, ...more }),
    work(handle: (job: BeeQueue.Job<{ n: number }>) => Promise<unknown>) {
      const worker = open({ activateDelayedJobs: true });
      worker.process(handle);
      return worker;
    },
  };
}

async function addJobs(queue: BeeQueue, ...all: unknown[]): Promise<void> {
  for (const data of all) await queue.createJob(data).save();
}

it('jobs of bee-queue that wait are moved in their order', async () => {
  const { from, to, name, move } = useBoth();
  await addJobs(from, { n: 1 }, 'ä text');
  await from.createJob({ n: 3 }).setId('mine').save();

  const result = await move();

  expect(result).toEqual({
    moved: { waiting: 3, delayed: 0, failed: 0 },
    left: { active: 0, succeeded: 0 },
    isDryRun: false,
    isInterrupted: false,
  });
  const messages = await to.peek(10);
  expect(messages.map(({ body }) => body)).toEqual([{ n: 1 }, 'ä text', { n: 3 }]);
  expect(messages[2]).toMatchObject({ id: `bq:${name}:mine`, attempt: 0, priority: 4 });
  expect(messages[0]?.headers).toEqual({});
  expect(Date.now() - (messages[0]?.sentAt?.getTime() ?? 0)).toBeLessThan(60_000);
  expect(await from.checkHealth()).toMatchObject({ waiting: 0 });
  expect(await from.getJob('mine')).toBeNull();
});

it('delayed jobs of bee-queue are due when they were, with their attempts', async () => {
  const { from, to, move, work } = useBoth();
  const worker = work(async () => Promise.reject(new Error('not yet')));
  await from.createJob({ n: 1 }).retries(3).backoff('fixed', 3_600_000).save();
  await eventually(async () => (await from.checkHealth()).delayed === 1);
  await worker.close();
  const dueAt = Date.now() + 7_200_000;
  await from.createJob({ n: 2 }).delayUntil(dueAt).save();
  await from
    .createJob({ n: 3 })
    .delayUntil(Date.now() + 200)
    .save();

  expect((await move()).moved).toEqual({ waiting: 0, delayed: 3, failed: 0 });

  const delayed = await to.peek(10, { state: 'delayed' });
  const of = (n: number) => delayed.find(({ body }) => (body as { n: number }).n === n);
  expect(of(2)?.dueAt?.getTime()).toBe(dueAt);
  expect(of(2)?.attempt).toBe(0);
  expect(of(1)?.attempt).toBe(1);
  const handled: unknown[] = [];
  to.consume(({ body }) => void handled.push(body));
  await eventually(() => handled.length === 1);
  expect(handled).toEqual([{ n: 3 }]);
});

it('failed jobs of bee-queue become dead letters with their error, stack and attempts', async () => {
  const { from, to, name, move, work } = useBoth();
  const worker = work(async ({ data }) => {
    if (data.n === 3) throw 'no error object';
    throw new TypeError(`no ${data.n}:\nof two lines`);
  });
  await from.createJob({ n: 1 }).setId('x').retries(1).save();
  await addJobs(from, { n: 2 }, { n: 3 });
  await eventually(async () => (await from.checkHealth()).failed === 3);
  await worker.close();

  expect((await move()).moved).toMatchObject({ failed: 3 });

  const letters = await to.deadLetters.list();
  expect(letters.map(({ error }) => error).sort()).toEqual([
    'no 1:\nof two lines',
    'no 2:\nof two lines',
    'no error object',
  ]);
  expect(letters.find(({ id }) => id === `bq:${name}:x`)).toMatchObject({
    reason: 'failed',
    stack: expect.stringMatching(/^TypeError: no 1:\nof two lines\n +at /),
    attempt: 2,
    body: { n: 1 },
  });
  expect(await from.checkHealth()).toMatchObject({ failed: 0 });
  await to.deadLetters.redrive();
  expect((await to.stats()).pending).toBe(3);
});

it('what workers have and what has succeeded is left, and bee-queue ends it', async () => {
  const { from, to, move, work } = useBoth();
  const [release, ended]: [(() => void)[], number[]] = [[], []];
  const worker = work(async ({ data }) => {
    if (data.n === 2) await new Promise<void>((resolve) => void release.push(resolve));
    ended.push(data.n);
  });
  await addJobs(from, { n: 1 }, { n: 2 });
  await eventually(() => release.length === 1);
  await addJobs(from, { n: 3 });

  const { moved, left } = await move();

  expect(moved.waiting).toBe(1);
  expect(left).toEqual({ active: 1, succeeded: 1 });
  expect((await to.peek(10)).map(({ body }) => body)).toEqual([{ n: 3 }]);
  release[0]?.();
  await eventually(async () => (await from.checkHealth()).succeeded === 2);
  await worker.close();
  expect(ended).toEqual([1, 2]);
});

it('a dry run counts, and changes nothing', async () => {
  const { from, to, name, move, connection } = useBoth();
  await addJobs(from, { n: 1 });
  await from
    .createJob({})
    .delayUntil(Date.now() + 60_000)
    .save();
  const before = await dump(connection, `bq:${name}:`);

  const { moved, isDryRun } = await move({ dryRun: true });

  expect([moved, isDryRun]).toEqual([{ waiting: 1, delayed: 1, failed: 0 }, true]);
  expect(await dump(connection, `bq:${name}:`)).toEqual(before);
  expect(await to.stats()).toMatchObject({ pending: 0, delayed: 0 });
});

it('what a job becomes can be said by a function, and one that throws has lost nothing', async () => {
  const { from, to, move } = useBoth('own');
  await addJobs(from, { to: 'a' }, { to: 'b' });

  const map = () => {
    throw new Error('cannot');
  };
  await expect(move({ prefix: 'own', map })).rejects.toThrow('cannot');
  expect((await to.stats()).pending).toBe(0);
  await move({
    prefix: 'own',
    map: ({ id, data, state }) => ({ body: { id, data, state }, key: id, headers: { h: '1' } }),
  });

  expect(await to.peek(2)).toMatchObject([
    { body: { id: '1', data: { to: 'a' }, state: 'waiting' }, key: '1', headers: { h: '1' } },
    { body: { id: '2', data: { to: 'b' }, state: 'waiting' }, key: '2', headers: { h: '1' } },
  ]);
});

it('an id without a job is forgotten, and a job that nobody can read becomes a dead letter', async () => {
  const { from, to, name, move, connection } = useBoth();
  await addJobs(from, { n: 1 });
  await connection.call('LPUSH', [`bq:${name}:waiting`, 'gone', 'broken']);
  await connection.call('HSET', [`bq:${name}:jobs`, 'broken', '{"data":']);

  expect((await move()).moved).toEqual({ waiting: 2, delayed: 0, failed: 0 });

  expect(await connection.call('EXISTS', [`bq:${name}:waiting`])).toBe(0);
  expect((await to.peek(10)).map(({ body }) => body)).toEqual([{ n: 1 }]);
  const [letter] = await to.deadLetters.list();
  expect(letter).toMatchObject({ id: `bq:${name}:broken`, reason: 'malformed' });
  expect(String(letter?.bytes)).toBe('{"data":');
});

it('a job id of bee-queue that is added again is another job', async () => {
  const { from, to, move } = useBoth();
  for (const n of [1, 2]) {
    await from.createJob({ n }).setId('same').save();
    await move();
  }
  expect((await to.peek(10)).map(({ body }) => body)).toEqual([{ n: 1 }, { n: 2 }]);
});

it('a queue that bee-queue does not have, and options that cannot work, are refused', async () => {
  const { from, move, connection, to } = useBoth();
  await addJobs(from, {});
  expect(await rejection(moveFromBeeQueue('nowhere', to, { connection }))).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('There is no queue "nowhere" of bee-queue'),
  });
  for (const options of [{ ratePerSecond: 0 }, { prefix: '' }, { map: 1 }, { timeZone: 'UTC' }]) {
    expect(await rejection(move(options as object))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  }
});

it('what was moved from bee-queue and still waits goes back, as it was and where it was', async () => {
  const { from, to, name, connection, move, work } = useBoth();
  const failing = work(async () => Promise.reject(new Error('no')));
  await addJobs(from, { n: 0 });
  await eventually(async () => (await from.checkHealth()).failed === 1);
  await failing.close();
  await addJobs(from, { n: 1 }, { n: 2 }, { n: 3 });
  await from
    .createJob({ n: 4 })
    .delayUntil(Date.now() + 3_600_000)
    .save();
  const before = await dump(connection, `bq:${name}:delayed`, `bq:${name}:failed`);
  const read = async () => {
    const all = (await connection.call('HGETALL', [`bq:${name}:jobs`])) as Buffer[];
    return all
      .map(String)
      .filter((text) => text.startsWith('{'))
      .sort();
  };
  const jobs = await read();
  await move();
  expect((await to.receive())?.body).toEqual({ n: 1 });
  await to.send('its own');

  const undone = await undoMoveFromBeeQueue(name, to, { connection });

  expect(undone).toEqual({ restored: 4, left: 1, isInterrupted: false });
  expect(await read()).toEqual(jobs.filter((job) => !job.includes('"n":1}')));
  expect(await dump(connection, `bq:${name}:delayed`, `bq:${name}:failed`)).toEqual(before);
  expect((await to.peek(10)).map(({ body }) => body)).toEqual(['its own']);
  const ended: number[] = [];
  work(async ({ data }) => void ended.push(data.n));
  await eventually(() => ended.length === 2);
  expect(ended).toEqual([2, 3]);
});

it('no job of bee-queue is lost or moved twice when the process is killed three times', async () => {
  const { from, to, name, connection } = useBoth();
  const count = 10_000;
  for (let n = 0; n < count; n += 1000) {
    const jobs = Array.from({ length: 1000 }, (_, at) => {
      const job = from.createJob({ n: n + at });
      return at % 10 === 0 ? job.delayUntil(Date.now() + 3_600_000) : job;
    });
    expect((await from.saveAll(jobs)).size).toBe(0);
  }
  const file = new URL('./support/moving-bee-queue.mjs', import.meta.url);
  const start = () =>
    startPrinting<{ moved?: number; result?: MoveFromBeeQueueResult }>(file, {
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

  const { pending, delayed } = await to.stats();
  expect([pending, delayed]).toEqual([9000, 1000]);
  const waiting = await numbers(connection, 'LRANGE', to.name);
  expect(waiting.reverse()).toEqual([...waiting].sort((a, b) => a - b));
  const all = [...waiting, ...(await numbers(connection, 'ZRANGE', `{${to.name}}:delayed`))];
  expect(new Set(all).size).toBe(count);
  expect(await from.checkHealth()).toMatchObject({ waiting: 0, delayed: 0 });
  expect(await connection.call('HLEN', [`bq:${name}:jobs`])).toBe(0);
});

async function numbers(connection: Connection, command: string, key: string): Promise<number[]> {
  const elements = (await connection.call(command, [key, 0, -1])) as Buffer[];
  return elements.map((element) => JSON.parse(String(element).split('\n')[1] as string).n);
}

async function dump(connection: Connection, ...prefixes: string[]) {
  return Promise.all(prefixes.map((prefix) => contentsOf(connection, prefix)));
}
