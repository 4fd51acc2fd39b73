import { bytes, type Connection, InvalidArgumentError } from '@redpost/core';
import { type AllConsumer, Queue } from '@redpost/queue';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import {
  type ConsumeSidekiqOptions,
  consumeSidekiq,
  type FailedSidekiqJob,
  type SidekiqHandler,
  sidekiqJobs,
} from '../src/sidekiq/index.js';
import { fixture } from './support/fixture.js';
import { uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

function setup() {
  const connection = redis.connection();
  const queue = uniqueName();
  const failed: FailedSidekiqJob[] = [];
  return {
    connection,
    queue,
    list: `queue:${queue}`,
    jobs: sidekiqJobs({ connection, queue }),
    failed,
    consume(
      handlers: Record<string, SidekiqHandler>,
      options: Partial<ConsumeSidekiqOptions> = {},
    ): AllConsumer<unknown> {
      const onFailed = (job: FailedSidekiqJob) => failed.push(job);
      const given = { connection, onFailed, pollMs: 0, ...options };
      const consumer = consumeSidekiq(queue, handlers, given);
      onTestFinished(() => consumer.stop({ timeoutMs: 0 }));
      return consumer;
    },
    /** The jobs of this queue in a set that all tests share, with their scores in ms. */
    async inSet(set: string): Promise<{ job: Record<string, unknown>; at: number }[]> {
      const reply = await entriesOf(connection, set);
      return reply.filter(({ job }) => job.queue === queue);
    },
  };
}

async function entriesOf(connection: Connection, set: string) {
  const reply = (await connection.call('ZRANGE', [set, 0, -1, 'WITHSCORES'])) as Buffer[];
  return reply.flatMap((text, at) => {
    if (at % 2 === 1) return [];
    return [{ job: JSON.parse(String(text)), at: Number(reply[at + 1]) * 1000 }];
  });
}

const fail: SidekiqHandler = () => {
  throw new RangeError('no');
};

it('a job is pushed with the fields that Sidekiq writes, and its queue is listed', async () => {
  const { connection, queue, list, jobs } = setup();

  const jid = await jobs.push('SendMail', ['a@example.com'], { retry: 4 });

  const job = JSON.parse(String(await connection.call('LINDEX', [list, 0])));
  expect(Object.keys(job).sort()).toEqual(
    Object.keys(JSON.parse(fixture('sidekiq/plain.txt'))).sort(),
  );
  expect(job).toMatchObject({ class: 'SendMail', args: ['a@example.com'], retry: 4, queue, jid });
  expect(jid).toMatch(/^[0-9a-f]{24}$/);
  expect(Number.isInteger(job.created_at) && Date.now() - job.created_at < 60_000).toBe(true);
  expect(await connection.call('SISMEMBER', ['queues', queue])).toBe(1);
});

it('before Sidekiq 8, times are seconds', async () => {
  const { connection, queue, list } = setup();

  await sidekiqJobs({ connection, queue, times: 's' }).push('SendMail');

  const { created_at } = JSON.parse(String(await connection.call('LINDEX', [list, 0])));
  expect(Math.abs(created_at - Date.now() / 1000)).toBeLessThan(60);
});

it('a job that is due later is in schedule, with its time in seconds', async () => {
  const { connection, list, jobs, inSet } = setup();

  await jobs.push('SendMail', ['later'], { delayMs: 3_600_000 });

  const [{ job, at } = { job: {}, at: 0 }] = await inSet('schedule');
  expect(Object.keys(job).sort()).toEqual(
    Object.keys(JSON.parse(fixture('sidekiq/scheduled.txt'))).sort(),
  );
  expect(Math.abs(at - Date.now() - 3_600_000)).toBeLessThan(60_000);
  expect(await connection.call('EXISTS', [list])).toBe(0);
});

it('a job that Sidekiq has pushed is performed', async () => {
  const { connection, queue, list, consume } = setup();
  const seen: unknown[] = [];
  await connection.call('LPUSH', [list, fixture('sidekiq/plain.txt')]);

  consume({ SendMail: ({ args, queue, retries }) => seen.push([args, queue, retries]) });

  await eventually(() => seen.length === 1);
  expect(seen).toEqual([[['a@example.com'], queue, 0]]);
});

it('a job that fails is in retry with the fields of its failure, and in no list', async () => {
  const { connection, list, jobs, consume, failed, inSet } = setup();
  const jid = await jobs.push('SendMail', ['a']);

  const consumer = consume({ SendMail: fail });
  await eventually(() => failed.length === 1);
  await consumer.stop();

  const [{ job, at } = { job: {}, at: 0 }] = await inSet('retry');
  expect(job).toMatchObject({
    ...{ jid, class: 'SendMail', args: ['a'], retry: true, retry_count: 0 },
    ...{ error_class: 'RangeError', error_message: 'no', failed_at: expect.any(Number) },
  });
  expect(at - Date.now()).toBeGreaterThan(10_000);
  expect(at - Date.now()).toBeLessThanOrEqual(24_000);
  expect(failed[0]).toMatchObject({ next: 'retry', error: { message: 'no' } });
  expect(await connection.call('EXISTS', [list])).toBe(0);
});

it('a retry counts on, and the last one ends in dead', async () => {
  const { connection, list, consume, failed, inSet } = setup();
  const first = { jid: 'j', class: 'SendMail', args: [], retry: 2 };
  await connection.call('LPUSH', [
    list,
    JSON.stringify({ ...first, retry_count: 0, failed_at: 1 }),
  ]);
  await connection.call('LPUSH', [
    list,
    JSON.stringify({ ...first, retry_count: 1, failed_at: 1 }),
  ]);

  consume({ SendMail: fail });

  await eventually(() => failed.length === 2);
  expect(failed.map(({ next }) => next)).toEqual(['retry', 'dead']);
  expect((await inSet('retry')).map(({ job }) => job)).toMatchObject([
    { retry_count: 1, failed_at: 1, retried_at: expect.any(Number) },
  ]);
  expect((await inSet('dead')).map(({ job }) => job)).toMatchObject([{ retry_count: 2 }]);
});

it.each([
  ['retry: false', 'discarded', { retry: false }, 0],
  ['retry: 0', 'dead', { retry: 0 }, 1],
  ['dead: false', 'discarded', { retry: 0, dead: false }, 0],
  ['a retry_for that is over', 'dead', { retry_for: 1, retry_count: 0, failed_at: 1 }, 1],
])('a job with %s that fails is %s', async (_, next, fields, inDead) => {
  const { connection, list, consume, failed, inSet } = setup();
  const job = { jid: 'j', class: 'SendMail', args: [], ...fields };
  await connection.call('LPUSH', [list, JSON.stringify(job)]);

  consume({ SendMail: fail });

  await eventually(() => failed.length === 1);
  expect(failed[0]?.next).toBe(next);
  expect(await inSet('dead')).toHaveLength(inDead);
  expect(await inSet('retry')).toHaveLength(0);
});

it('jobs that are due are moved to their queue once, by any number of consumers', async () => {
  const { connection, queue, consume, jobs, inSet } = setup();
  const seen: unknown[] = [];
  for (let n = 0; n < 30; n += 1) await jobs.push('SendMail', [n], { delayMs: 1 });
  const due = JSON.stringify({ jid: 'r', class: 'SendMail', args: [30], retry_count: 0, queue });
  await connection.call('ZADD', ['retry', 1, due]);
  const handler: SidekiqHandler = ({ args, item }) => seen.push([args[0], typeof item.enqueued_at]);

  for (let n = 0; n < 3; n += 1) consume({ SendMail: handler }, { pollMs: 20 });

  await eventually(() => seen.length >= 31);
  await eventually(
    async () => (await new Queue(`queue:${queue}`, { connection }).stats()).active === 0,
  );
  expect(seen.map((one) => (one as unknown[])[0]).sort((a, b) => Number(a) - Number(b))).toEqual(
    Array.from({ length: 31 }, (_, n) => n),
  );
  expect(new Set(seen.map((one) => (one as unknown[])[1]))).toEqual(new Set(['number']));
  expect(await inSet('schedule')).toEqual([]);
});

it.each([
  ['no JSON', 'not JSON', 'no JSON'],
  ['a job without a class', '{"jid":"a","args":[]}', 'no jid, class and args'],
  ['a job of another class', '{"jid":"a","class":"Other","args":[]}', 'no handler for Other'],
])('%s becomes a dead letter with its bytes', async (_, text, why) => {
  const { connection, list, consume } = setup();
  await connection.call('LPUSH', [list, text]);
  const failures: string[] = [];

  const consumer = consume({ SendMail: fail });
  consumer.on('failed', ({ error }) => failures.push(error.message));

  const { deadLetters } = new Queue(list, { connection, codec: bytes() });
  const dead = await eventually(async () => (await deadLetters.list())[0]);
  expect(String(dead.body)).toBe(text);
  expect(failures).toEqual([expect.stringContaining(why)]);
});

it('queues are taken from by their weights', async () => {
  const { connection } = setup();
  const [often, seldom] = [uniqueName(), uniqueName()];
  for (let n = 0; n < 8; n += 1) {
    await sidekiqJobs({ connection, queue: often }).push('Note');
    await sidekiqJobs({ connection, queue: seldom }).push('Note');
  }
  const seen: string[] = [];

  const consumer = consumeSidekiq(
    { [often]: 3, [seldom]: 1 },
    { Note: ({ queue }) => seen.push(queue) },
    { connection, pollMs: 0 },
  );
  onTestFinished(() => consumer.stop());

  await eventually(() => seen.length === 16);
  expect(seen.slice(0, 8).filter((name) => name === often)).toHaveLength(6);
});

it.each([
  ['both delayMs and at', { delayMs: 1, at: new Date() }],
  ['a time that is none', { at: new Date('never') }],
  ['a retry below 0', { retry: -1 }],
  ['an unknown option', { in: 3 } as object],
])('%s is refused, and nothing is pushed', async (_, options) => {
  const { connection, list, jobs } = setup();

  await expect(jobs.push('SendMail', [], options)).rejects.toThrow(InvalidArgumentError);
  expect(await connection.call('EXISTS', [list])).toBe(0);
});

it.each([
  ['no handler', {}, {}],
  ['a handler that is none', { SendMail: 1 }, {}],
  ['maxAttempts, which the job decides', { SendMail: fail }, { maxAttempts: 3 }],
  ['times in another unit', { SendMail: fail }, { times: 'us' }],
])('%s is refused at once', (_, handlers, options) => {
  const { consume } = setup();
  expect(() => consume(handlers as never, options as never)).toThrow(InvalidArgumentError);
});
