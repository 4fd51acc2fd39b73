import { bytes, InvalidArgumentError } from '@redpost/core';
import { type AllConsumer, Queue } from '@redpost/queue';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import {
  type ConsumeLaravelOptions,
  consumeLaravel,
  type FailedLaravelJob,
  type LaravelHandler,
  laravelJobs,
} from '../src/laravel/index.js';
import { fixture } from './support/fixture.js';
import { uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();
const plain = fixture('laravel/plain.txt');

function setup() {
  const connection = redis.connection();
  const queue = uniqueName();
  const prefix = 'app-';
  const list = `${prefix}queues:${queue}`;
  const failed: FailedLaravelJob[] = [];
  return {
    connection,
    queue,
    list,
    jobs: laravelJobs({ connection, queue, prefix }),
    failed,
    consume(
      handlers: Record<string, LaravelHandler>,
      options: Partial<ConsumeLaravelOptions> = {},
    ): AllConsumer<unknown> {
      const onFailed = (job: FailedLaravelJob) => failed.push(job);
      const given = { connection, prefix, onFailed, pollMs: 20, ...options };
      const consumer = consumeLaravel(queue, handlers, given);
      onTestFinished(() => consumer.stop({ timeoutMs: 0 }));
      return consumer;
    },
    push: (job: string) => connection.call('RPUSH', [list, job]),
    length: async (of: string) => (await connection.call('LLEN', [`${list}${of}`])) as number,
    dead: () => new Queue(list, { connection, codec: bytes() }).deadLetters.list(),
    async delayed() {
      const all = await connection.call('ZRANGE', [`${list}:delayed`, 0, -1, 'WITHSCORES']);
      const [text, score] = all as Buffer[];
      return text && { job: JSON.parse(String(text)), at: Number(score) * 1000 };
    },
  };
}

const fail: LaravelHandler = () => {
  throw new RangeError('no');
};

it('a job is pushed with the fields that Laravel writes, with what wakes a worker', async () => {
  const { connection, list, jobs, length } = setup();

  const id = await jobs.push('SendMail@handle', { to: 'a' }, { tries: 3, backoffMs: 1500 });

  const job = JSON.parse(String(await connection.call('LINDEX', [list, 0])));
  const { createdAt, delay, ...known } = job; // since Laravel 12
  expect(Object.keys(known).sort()).toEqual(Object.keys(JSON.parse(plain)).sort());
  expect(job).toMatchObject({ id, displayName: 'SendMail', maxTries: 3, backoff: 2, attempts: 0 });
  expect([typeof createdAt, delay]).toEqual(['number', null]);
  expect(await length(':notify')).toBe(1);
});

it('a job for later is in the delayed set, with its time in seconds, until it is due', async () => {
  const { connection, list, jobs, delayed, length, consume } = setup();
  await jobs.push('SendMail', { to: 'a' }, { delayMs: 3_600_000 });

  const waiting = await delayed();
  expect(waiting?.job).toMatchObject({ delay: 3600, attempts: 0 });
  expect(Math.abs(Number(waiting?.at) - Date.now() - 3_600_000)).toBeLessThan(60_000);
  const seen: unknown[] = [];
  for (let n = 0; n < 3; n += 1) consume({ SendMail: ({ data }) => seen.push(data) });
  await connection.call('ZADD', [`${list}:delayed`, 1, JSON.stringify(waiting?.job)]);

  await eventually(() => seen.length === 1);
  expect([seen, await delayed()]).toEqual([[{ to: 'a' }], undefined]);
  await eventually(async () => (await length(':notify')) === 0);
});

it('jobs are handled in the order in which they were pushed', async () => {
  const { jobs, queue, consume } = setup();
  for (let n = 0; n < 5; n += 1) await jobs.push('SendMail', n);
  const seen: unknown[] = [];

  consume({ SendMail: ({ data, queue: from, attempt }) => seen.push([data, from, attempt]) });

  await eventually(() => seen.length === 5);
  expect(seen).toEqual([0, 1, 2, 3, 4].map((n) => [n, queue, 1]));
});

it('no more notifications are left than jobs', async () => {
  const { jobs, length, consume } = setup();
  for (let n = 0; n < 20; n += 1) await jobs.push('SendMail', n);

  consume({ SendMail: () => new Promise(() => {}) }, { concurrency: 4 });

  await eventually(
    async () => (await length(':notify')) === (await length('')) && (await length('')) < 20,
  );
});

it('a job that fails is released with one attempt more, after its backoff', async () => {
  const { push, consume, failed, delayed, length } = setup();
  await push(JSON.stringify({ ...JSON.parse(plain), maxTries: 4, backoff: '10,60', attempts: 1 }));

  consume({ SendMail: fail });

  await eventually(() => failed.length === 1);
  const waiting = await delayed();
  expect(waiting?.job).toEqual({
    ...JSON.parse(plain),
    maxTries: 4,
    backoff: '10,60',
    attempts: 2,
  });
  expect(Number(waiting?.at) - Date.now()).toBeGreaterThan(50_000);
  expect(failed).toMatchObject([{ next: 'released', error: { message: 'no' } }]);
  expect(await length('')).toBe(0);
});

it.each([
  ['of the last try', { maxTries: 2, attempts: 1 }, {}],
  ['when nothing says how often', { maxTries: null, attempts: 0 }, {}],
  ['whose retryUntil is over', { maxTries: 9, retryUntil: 1, attempts: 0 }, {}],
])('a job that fails %s is a dead letter with its bytes', async (_, fields, options) => {
  const { push, consume, dead, failed, delayed } = setup();
  const job = JSON.stringify({ ...JSON.parse(plain), ...fields });
  await push(job);

  consume({ SendMail: fail }, options);

  await eventually(() => failed.length === 1);
  expect(failed[0]?.next).toBe('dead');
  expect((await dead()).map(({ body }) => String(body))).toEqual([job]);
  expect(await delayed()).toBeUndefined();
});

it.each([
  ['no JSON', 'not JSON', 'no JSON'],
  ['a job without attempts', '{"displayName":"SendMail","job":"SendMail"}', 'no displayName'],
  ['a job of another class', plain.replace('"SendMail"', '"Other"'), 'no handler for Other'],
  ['a chain', chained('s:7:"chained";a:1:{}'), 'a chain'],
  ['a job of a batch', chained('s:7:"batchId";s:1:"b";'), 'a batch'],
])('%s is a dead letter', async (_, job, why) => {
  const { push, consume, dead } = setup();
  const failures: string[] = [];
  await push(job);

  const consumer = consume({ SendMail: () => {} });
  consumer.on('failed', ({ error }) => failures.push(error.message));

  const letter = await eventually(async () => (await dead())[0]);
  expect(String(letter.body)).toBe(job);
  expect(failures).toEqual([expect.stringContaining(why)]);
});

/** A job whose object has such a property. */
function chained(property: string): string {
  return JSON.stringify({ ...JSON.parse(plain), data: { command: `O:1:"A":1:{${property}}` } });
}

it('a job that runs for longer than its timeout has failed', async () => {
  const { push, consume, failed } = setup();
  await push(JSON.stringify({ ...JSON.parse(plain), timeout: 1 }));

  consume({ SendMail: () => new Promise(() => {}) });

  await eventually(() => failed.length === 1);
  expect(failed[0]?.error.name).toBe('JobTimeoutException');
});

it.each([
  ['tries of 0', { tries: 0 }],
  ['a delay below 0', { delayMs: -1 }],
  ['an unknown option', { in: 3 }],
])('%s is refused, and nothing is pushed', async (_, options) => {
  const { jobs, length } = setup();

  await expect(jobs.push('SendMail', [], options as never)).rejects.toThrow(InvalidArgumentError);
  expect(await length('')).toBe(0);
});

it.each([
  ['no handler', {}, {}],
  ['a prefix with braces', { SendMail: fail }, { prefix: '{a}' }],
  ['maxAttempts, which the job decides', { SendMail: fail }, { maxAttempts: 3 }],
])('%s is refused at once', (_, handlers, options) => {
  const { consume } = setup();
  expect(() => consume(handlers as never, options as never)).toThrow(InvalidArgumentError);
});
