import { type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { rqJobs } from '@redpost/formats/rq';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../tooling/eventually.js';
import { ForeignProcess } from './support/foreign-process.js';
import { programOf } from './support/system.js';

const python = programOf('rq');
const timeoutMs = 60_000;
let redis: EmbeddedRedis;
let connection: Connection;

beforeEach(async () => {
  redis = await startRedis();
  connection = connect(redis.url);
});

afterEach(async () => {
  await connection?.close();
  await redis?.stop();
});

function start(program: string, args: readonly string[]): ForeignProcess {
  return new ForeignProcess(program, args, { REDIS_URL: redis.url });
}

const startWorker = () => start(python, ['rq_worker.py']);
const startConsumer = (...args: string[]) => start(process.execPath, ['rq-consumer.mjs', ...args]);

/** What a program that uses RQ prints. */
async function call(...args: string[]): Promise<unknown> {
  await using program = start(python, ['rq_calls.py', ...args]);
  return JSON.parse((await program.done()).trim().split('\n').at(-1) ?? '');
}

async function statusOf(id: string): Promise<string> {
  return String(await connection.call('HGET', [`rq:job:${id}`, 'status']));
}

async function hasFinished(ids: readonly string[]): Promise<boolean> {
  const states = await Promise.all(ids.map(statusOf));
  return states.every((state) => state === 'finished');
}

describe('a worker of RQ', () => {
  it('runs a job of the least hash that the documents name', async () => {
    await using _ = startWorker();
    const data = JSON.stringify(['rq_tasks.add', null, [1, 2], {}]);
    const fields = ['data', data, 'origin', 'default', 'created_at', '2026-01-01T00:00:00Z'];
    await connection.call('HSET', ['rq:job:least', ...fields, 'status', 'queued']);
    await connection.call('RPUSH', ['rq:queue:default', 'least']);

    expect(await rqJobs({ connection }).result('least', { timeoutMs })).toBe(3);
  });

  it('runs what rqJobs() enqueues, in its order, and results and errors come back', async () => {
    const jobs = rqJobs({ connection });
    const first = await jobs.enqueue('rq_tasks.add', [1, 2]);
    const second = await jobs.enqueue('rq_tasks.add', [1], { y: 4 }, { meta: { by: 'us' } });
    const failing = await jobs.enqueue('rq_tasks.fail', ['no'], {}, { keepResultMs: 60_000 });
    expect(await call('status', second)).toEqual([
      ...['queued', 'rq_tasks.add', [1], { y: 4 }, 180],
      { by: 'us' },
    ]);
    await using _ = startWorker();

    expect(await jobs.result(first, { timeoutMs })).toBe(3);
    expect(await jobs.result(second, { timeoutMs })).toBe(5);
    await expect(jobs.result(failing, { timeoutMs })).rejects.toMatchObject({
      status: 'failed',
      remoteName: 'ValueError',
      message: expect.stringContaining('no'),
      traceback: expect.stringContaining('rq_tasks.py'),
    });
    const started = await Promise.all(
      [first, second].map((id) => connection.call('HGET', [`rq:job:${id}`, 'started_at'])),
    );
    expect(String(started[0]) < String(started[1])).toBe(true);
  });

  it('does not start a job whose ttlMs is over', async () => {
    const jobs = rqJobs({ connection });
    const late = await jobs.enqueue('rq_tasks.add', [1, 2], {}, { ttlMs: 1 });
    await eventually(
      async () => (await connection.call('EXISTS', [`rq:job:${late}`])) === 0,
      60_000,
    );
    const next = await jobs.enqueue('rq_tasks.add', [3, 4]);
    await using _ = startWorker();

    expect(await jobs.result(next, { timeoutMs })).toBe(7);
    expect(await connection.call('EXISTS', [`rq:results:${late}`])).toBe(0);
  });
});

describe('a consumer of redpost', () => {
  it('handles what RQ enqueues, and RQ gets results and failures', async () => {
    await using _ = startConsumer();

    expect(await call('result')).toEqual(['SUCCESSFUL', 3]);
    expect(await call('failure')).toEqual([
      'FAILED',
      expect.stringMatching(/rq-consumer\.mjs[\s\S]*\nValueError: no$/),
    ]);
    const { started, finished, failed } = (await call('registries')) as Record<string, string[]>;
    expect([started, finished, failed].map((ids) => ids?.length)).toEqual([0, 1, 1]);
  });

  it('runs what is requeued after a failure, and retries what says so', async () => {
    await using consumer = startConsumer();
    const runs = () => consumer.output.split('fails').length - 1;

    expect(await call('retry')).toEqual(['FAILED', expect.stringContaining('ValueError: no')]);
    expect(runs()).toBe(3);
    expect(await call('requeue')).toHaveLength(1);
    await eventually(() => runs() === 4, 60_000);
  });

  it('enqueues jobs that have waited for others, but not for those that have failed', async () => {
    await using _ = startConsumer();

    expect(await call('dependents')).toEqual(['SUCCESSFUL', 11]);
    expect(await call('of_failed')).toBe('deferred');
  });

  it('puts a job in pickle into the registry of failed jobs', async () => {
    await using _ = startConsumer();
    const id = (await call('pickle')) as string;

    await eventually(async () => (await statusOf(id)) === 'failed', 60_000);
    expect(await call('registries')).toMatchObject({ failed: [id] });
  });

  it('loses nothing when it is killed in the middle of a job', async () => {
    const ids = (await call('many')) as string[];
    await using victim = startConsumer('hang');
    await eventually(() => victim.output.includes('hangs'), 60_000);
    await victim.kill();
    await using _ = startConsumer();

    await eventually(() => hasFinished(ids), 60_000);
  });

  it('and a worker of RQ share a queue, and each job is performed', async () => {
    await using _consumer = startConsumer();
    await using _worker = startWorker();
    const ids = (await call('many')) as string[];

    await eventually(() => hasFinished(ids), 60_000);
  });
});
