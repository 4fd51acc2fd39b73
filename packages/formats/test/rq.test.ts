import { deflateSync } from 'node:zlib';
import { InvalidArgumentError, isRedpostError } from '@redpost/core';
import type { AllConsumer } from '@redpost/queue';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import {
  type ConsumeRqOptions,
  consumeRq,
  type FailedRqJob,
  type RqHandler,
  RqJobError,
  rqJobs,
} from '../src/rq/index.js';
import { uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

function setup() {
  const connection = redis.connection();
  const queue = uniqueName();
  const failed: FailedRqJob[] = [];
  return {
    connection,
    queue,
    list: `rq:queue:${queue}`,
    jobs: rqJobs({ connection, queue }),
    failed,
    consume(
      handlers: Record<string, RqHandler>,
      options: Partial<ConsumeRqOptions> = {},
    ): AllConsumer<string> {
      const onFailed = (job: FailedRqJob) => failed.push(job);
      const consumer = consumeRq(queue, handlers, { connection, onFailed, ...options });
      onTestFinished(() => consumer.stop({ timeoutMs: 0 }));
      return consumer;
    },
    async field(id: string, name: string): Promise<string> {
      return String(await connection.call('HGET', [`rq:job:${id}`, name]));
    },
    /** A job as a program in Python writes it, without what is not needed. */
    async push(id: string, data: unknown, fields: Record<string, string> = {}): Promise<string> {
      const call = data instanceof Buffer ? data : deflateSync(JSON.stringify(data));
      const all = Object.entries({ data: call, origin: queue, status: 'queued', ...fields });
      await connection.call('HSET', [`rq:job:${id}`, ...all.flat()]);
      await connection.call('RPUSH', [`rq:queue:${queue}`, id]);
      return id;
    },
    isIn: (kind: string, id: string) => connection.call('ZSCORE', [`rq:${kind}:${queue}`, id]),
  };
}

const add: RqHandler = ({ args: [x, y] }) => Number(x) + Number(y);
const fail: RqHandler = () => {
  throw new RangeError('no');
};

it('jobs are handled in the order in which they were enqueued, with their results', async () => {
  const { connection, jobs, queue, consume, field, isIn } = setup();
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) ids.push(await jobs.enqueue('tasks.note', [n], { n }));
  const seen: unknown[] = [];

  consume({
    'tasks.note': ({ args, kwargs, queue: from }) => {
      seen.push([args[0], kwargs.n, from]);
      return { n: args[0] };
    },
  });

  expect(await jobs.result(ids[4] as string)).toEqual({ n: 4 });
  expect(seen).toEqual([0, 1, 2, 3, 4].map((n) => [n, n, queue]));
  expect(await field(ids[4] as string, 'status')).toBe('finished');
  expect(Number(await isIn('finished', ids[4] as string))).toBeGreaterThan(Date.now() / 1000 + 400);
  expect(await connection.call('TTL', [`rq:job:${ids[4]}`])).toBeGreaterThan(400);
});

it('a failure is the result, and the job is in the registry of failed ones', async () => {
  const { jobs, consume, failed, field, isIn } = setup();
  const id = await jobs.enqueue('tasks.fail');

  consume({ 'tasks.fail': fail });

  const error = await jobs.result(id).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RqJobError);
  expect(error).toMatchObject({
    code: 'RQ_JOB',
    jobId: id,
    status: 'failed',
    remoteName: 'RangeError',
  });
  expect(isRedpostError(error, 'RQ_JOB')).toBe(true);
  expect((error as RqJobError).traceback).toContain('rq.test.ts');
  expect(await field(id, 'status')).toBe('failed');
  expect(await isIn('failed', id)).not.toBeNull();
  await eventually(() => failed.length === 1);
  expect(failed).toMatchObject([{ id, next: 'failed', error: { message: 'no' } }]);
});

it('a job is retried as often as it says, with its delays', async () => {
  const { jobs, consume, failed } = setup();
  const id = await jobs.enqueue('tasks.fail', [], {}, { retries: 2 });
  const left: number[] = [];

  consume({
    'tasks.fail': ({ retriesLeft }) => {
      left.push(retriesLeft);
      throw new RangeError('no');
    },
  });

  await expect(jobs.result(id)).rejects.toThrow('no');
  expect(left).toEqual([2, 1, 0]);
  await eventually(() => failed.length === 3);
  expect(failed.map(({ next }) => next)).toEqual(['retry', 'retry', 'failed']);
});

it('a retry for later waits in Redis, and not in the list of RQ', async () => {
  const { connection, list, jobs, consume, failed, field } = setup();
  const id = await jobs.enqueue('tasks.fail', [], {}, { retries: 1, retryDelayMs: 60_000 });

  consume({ 'tasks.fail': fail });

  await eventually(() => failed.length === 1);
  expect(await connection.call('LLEN', [list])).toBe(0);
  expect(await connection.call('ZCARD', [`{${list}}:delayed`])).toBe(1);
  expect([await field(id, 'status'), await field(id, 'retries_left')]).toEqual(['scheduled', '0']);
});

it('a job that has ended is not run again, when its consumer died before it was acknowledged', async () => {
  const { connection, list, jobs, consume } = setup();
  const id = await jobs.enqueue('tasks.add', [1, 2]);
  let runs = 0;
  const handlers = { 'tasks.add': () => (runs += 1), 'tasks.last': () => 'last' };
  const first = consume(handlers);
  await jobs.result(id);
  await first.stop();
  await connection.call('RPUSH', [list, id]);
  const last = await jobs.enqueue('tasks.last');

  consume(handlers, { concurrency: 1 });

  expect(await jobs.result(last)).toBe('last');
  expect(runs).toBe(1);
});

it('a job whose consumer has died goes to another one', async () => {
  const { jobs, consume } = setup();
  const id = await jobs.enqueue('tasks.add', [1, 2]);
  let started = 0;
  const victim = consume(
    {
      'tasks.add': async () => {
        started += 1;
        await new Promise(() => {});
      },
    },
    { leaseMs: 1000 },
  );
  await eventually(() => started === 1);
  await victim.stop({ timeoutMs: 0 });

  consume({ 'tasks.add': add });

  expect(await jobs.result(id)).toBe(3);
});

it('a job that was deleted or cancelled is passed over', async () => {
  const { connection, jobs, consume } = setup();
  const [gone, cancelled] = [await jobs.enqueue('tasks.add'), await jobs.enqueue('tasks.add')];
  await connection.call('DEL', [`rq:job:${gone}`]);
  await connection.call('HSET', [`rq:job:${cancelled}`, 'status', 'canceled']);
  const last = await jobs.enqueue('tasks.add', [1, 2]);
  const seen: string[] = [];

  consume({ 'tasks.add': ({ id }) => seen.push(id) }, { concurrency: 1 });

  await jobs.result(last);
  expect(seen).toEqual([last]);
});

it.each([
  ['in pickle', Buffer.from('80049501', 'hex'), {}, 'no JSON'],
  ['of a function without a handler', ['other', null, [], {}], {}, 'no handler for other'],
  ['that is no call', [1], {}, 'no function, args and kwargs'],
  ['of a method', ['add', { a: 1 }, [], {}], {}, 'a method'],
  ['with a callback', ['add', null, [], {}], { success_callback_name: 'f' }, 'a success callback'],
  ['that is repeated', ['add', null, [], {}], { repeats_left: '2' }, 'repetitions'],
])('a job %s fails without retries, and keeps its data', async (_, data, fields, why) => {
  const { connection, jobs, consume, field, failed, push } = setup();
  let runs = 0;
  const id = await push(uniqueName(), data, { retries_left: '3', ...fields });
  const before = await connection.call('HGET', [`rq:job:${id}`, 'data']);

  consume({ add: () => (runs += 1) });

  await expect(jobs.result(id)).rejects.toThrow(why);
  expect([runs, await field(id, 'status')]).toEqual([0, 'failed']);
  expect(await connection.call('HGET', [`rq:job:${id}`, 'data'])).toEqual(before);
  await eventually(() => failed.length === 1);
});

it('what JSON cannot represent fails the job', async () => {
  const { jobs, consume } = setup();
  const id = await jobs.enqueue('tasks.add');

  consume({ 'tasks.add': () => 1n });

  await expect(jobs.result(id)).rejects.toMatchObject({ remoteName: 'EncodeError' });
});

it('a job that runs for longer than its timeout has failed, and its signal is aborted', async () => {
  const { jobs, consume, push } = setup();
  const id = await push(uniqueName(), ['add', null, [], {}], { timeout: '1' });
  let signal: AbortSignal | undefined;

  consume({
    add: (job) => {
      signal = job.signal;
      return new Promise(() => {});
    },
  });

  await expect(jobs.result(id)).rejects.toMatchObject({ remoteName: 'JobTimeoutException' });
  expect(signal?.aborted).toBe(true);
});

it('a job that waits for others is enqueued when the last of them has finished', async () => {
  const { connection, queue, jobs, consume } = setup();
  const [a, b] = [await jobs.enqueue('tasks.add', [1, 2]), await jobs.enqueue('tasks.add', [3, 4])];
  const id = uniqueName();
  const data = JSON.stringify(['tasks.last', null, [], {}]);
  await connection.call('HSET', [
    `rq:job:${id}`,
    'data',
    data,
    'origin',
    queue,
    'status',
    'deferred',
  ]);
  await connection.call('ZADD', [`rq:deferred:${queue}`, 1, id]);
  for (const other of [a, b]) {
    await connection.call('SADD', [`rq:job:${other}:dependents`, id]);
    await connection.call('SADD', [`rq:job:${id}:dependencies`, other]);
  }
  const seen: string[] = [];

  consume(
    { 'tasks.add': () => seen.push('add'), 'tasks.last': () => seen.push('last') },
    { concurrency: 1 },
  );

  expect(await jobs.result(id)).toBe(3);
  expect(seen).toEqual(['add', 'add', 'last']);
  expect(await connection.call('ZCARD', [`rq:deferred:${queue}`])).toBe(0);
});

it('a job that keeps no result is deleted', async () => {
  const { connection, jobs, consume } = setup();
  const id = await jobs.enqueue('tasks.add', [1, 2], {}, { keepResultMs: 0 });

  consume({ 'tasks.add': add });

  await eventually(async () => (await connection.call('EXISTS', [`rq:job:${id}`])) === 0);
  expect(await connection.call('EXISTS', [`rq:results:${id}`])).toBe(0);
});

it('a job of the same id is enqueued once', async () => {
  const { connection, list, jobs } = setup();
  const id = uniqueName();

  expect(await jobs.enqueue('tasks.add', [1], {}, { id })).toBe(id);
  expect(await jobs.enqueue('tasks.add', [2], {}, { id })).toBe(id);

  expect(await connection.call('LLEN', [list])).toBe(1);
  expect(await connection.call('SISMEMBER', ['rq:queues', list])).toBe(1);
});

it('a result that does not come in time is a TimeoutError, and a signal ends the wait', async () => {
  const { jobs } = setup();
  const controller = new AbortController();

  const waiting = jobs.result('never', { signal: controller.signal });
  await expect(jobs.result('never', { timeoutMs: 20 })).rejects.toMatchObject({ code: 'TIMEOUT' });
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

it.each([
  ['an id with a colon', { id: 'a:b' }],
  ['a timeout below 0', { timeoutMs: -1 }],
  ['meta that is no object', { meta: [] }],
  ['an unknown option', { delayMs: 3 }],
])('%s is refused, and nothing is enqueued', async (_, options) => {
  const { connection, list, jobs } = setup();

  await expect(jobs.enqueue('tasks.add', [], {}, options as never)).rejects.toThrow(
    InvalidArgumentError,
  );
  expect(await connection.call('EXISTS', [list])).toBe(0);
});

it.each([
  ['no handler', {}, {}],
  ['a handler that is none', { add: 1 }, {}],
  ['maxAttempts, which the job decides', { add }, { maxAttempts: 3 }],
])('%s is refused at once', (_, handlers, options) => {
  const { consume } = setup();
  expect(() => consume(handlers as never, options as never)).toThrow(InvalidArgumentError);
});
