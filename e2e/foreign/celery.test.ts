import { type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { celeryTasks } from '@redpost/formats/celery';
import { Queue } from '@redpost/queue';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../tooling/eventually.js';
import { rejection } from '../../tooling/rejection.js';
import { ForeignProcess } from './support/foreign-process.js';
import { programOf } from './support/system.js';

const python = programOf('celery');
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

const startWorker = () =>
  start(python, ['-m', 'celery', '-A', 'celery_tasks', 'worker', '--pool', 'solo']);
const startConsumer = (...args: string[]) =>
  start(process.execPath, ['celery-consumer.mjs', ...args]);

/** What a program that uses Celery prints of what it has sent. */
async function call(name: string): Promise<unknown> {
  await using program = start(python, ['celery_calls.py', name]);
  return JSON.parse((await program.done()).trim().split('\n').at(-1) ?? '');
}

async function metaOf(id: string) {
  const meta = await connection.call('GET', [`celery-task-meta-${id}`]);
  return meta === null ? undefined : JSON.parse(String(meta));
}

it('a queue of the name of a queue of Celery sends nothing to it', async () => {
  await using _ = startWorker();
  const celery = new Queue('celery', { connection });
  const isBound = async () => (await connection.call('EXISTS', ['_kombu.binding.celery'])) === 1;
  await eventually(isBound, 60_000);

  expect(await rejection(celery.send({ a: 1 }))).toMatchObject({
    code: 'NAME_TAKEN',
    system: 'Celery',
  });
});

describe('a worker of Celery', () => {
  it('runs a task of the least message that the documents name', async () => {
    await using _ = startWorker();
    const id = 'the-least-message';
    const message = {
      body: Buffer.from(JSON.stringify([[1, 2], {}, {}])).toString('base64'),
      'content-type': 'application/json',
      'content-encoding': 'utf-8',
      headers: { task: 'tasks.add', id },
      properties: {
        body_encoding: 'base64',
        delivery_tag: id,
        delivery_info: { exchange: '', routing_key: 'celery' },
      },
    };
    await connection.call('LPUSH', ['celery', JSON.stringify(message)]);

    const meta = await eventually(() => metaOf(id), 60_000);
    expect(meta).toMatchObject({ status: 'SUCCESS', result: 3 });
  });

  it('runs what celeryTasks() sends, and its results and errors come back', async () => {
    await using _ = startWorker();
    const tasks = celeryTasks({ connection });
    const timeoutMs = 60_000;

    expect(await tasks.call('tasks.add', [1, 2], {}, { timeoutMs })).toBe(3);
    expect(await tasks.call('tasks.add', [1], { y: 4 }, { timeoutMs, priority: 9 })).toBe(5);
    await expect(tasks.call('tasks.fail', ['no'], {}, { timeoutMs })).rejects.toMatchObject({
      remoteName: 'ValueError',
      message: expect.stringContaining('no'),
      traceback: expect.stringContaining('celery_tasks.py'),
    });
  });

  it('waits until etaMs are over, and revokes what has expired', async () => {
    const tasks = celeryTasks({ connection });
    const expired = await tasks.send('tasks.when', [], {}, { expiresMs: 1 });
    await using _ = startWorker();
    const timeoutMs = 60_000;

    await expect(tasks.result(expired, { timeoutMs })).rejects.toMatchObject({
      status: 'REVOKED',
    });
    const sentAt = Date.now() / 1000;
    const at = await tasks.call<number>('tasks.when', [], {}, { etaMs: 1000, timeoutMs });
    expect(at - sentAt).toBeGreaterThanOrEqual(0.99);
  });
});

describe('a consumer of redpost', () => {
  it('handles what Celery sends, and Celery gets results, errors and the end of a chain', async () => {
    await using consumer = startConsumer();
    await eventually(() => consumer.output.includes('ready'), 60_000);

    expect(await call('result')).toBe(3);
    expect(await call('keywords')).toBe(5);
    expect(await call('chain')).toBe(10);
    expect(await call('failure')).toEqual(['ValueError', 'no']);
  });

  it('revokes what has expired, and Celery says so', async () => {
    const expired = call('expired');
    await eventually(() => connection.call('LLEN', ['celery']), 60_000);
    await using _ = startConsumer();

    expect(await expired).toEqual(['TaskRevokedError', 'expired']);
  });

  it('loses nothing when it is killed in the middle of a task', async () => {
    const ids = (await call('many')) as string[];
    await using victim = startConsumer('hang');
    await eventually(() => victim.output.includes('hangs'), 60_000);
    await victim.kill();
    await using _ = startConsumer();

    const missing = async () => {
      const metas = await Promise.all(ids.map(metaOf));
      return metas.filter((meta, n) => meta?.result !== n + n).length;
    };
    await eventually(async () => (await missing()) === 0, 60_000);
  });

  it('and a worker of Celery share a queue, and each task is run', async () => {
    await using _consumer = startConsumer();
    await using _worker = startWorker();

    const ids = (await call('many')) as string[];

    const done = async () => (await Promise.all(ids.map(metaOf))).filter(Boolean).length;
    await eventually(async () => (await done()) === ids.length, 60_000);
    expect(await connection.call('LLEN', ['{celery}:returned'])).toBe(0);
  });
});
