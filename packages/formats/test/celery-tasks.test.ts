import { InvalidArgumentError } from '@redpost/core';
import { expect, it } from 'vitest';
import { celeryTasks } from '../src/celery/index.js';
import { uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

function setup() {
  const connection = redis.connection();
  const queue = uniqueName();
  return { connection, queue, tasks: celeryTasks({ connection, queue }) };
}

const later = (ms: number) => new Date(Date.now() + ms);

it('a task is pushed on the left of the list of its queue, for Celery reads on the right', async () => {
  const { connection, queue, tasks } = setup();

  await tasks.send('tasks.add', [1, 2]);
  const id = await tasks.send('tasks.add', [3], { y: 4 });

  const newest = JSON.parse(String(await connection.call('LINDEX', [queue, 0])));
  expect(newest.headers).toMatchObject({ id, task: 'tasks.add', lang: 'js' });
  expect(JSON.parse(Buffer.from(newest.body, 'base64').toString())).toEqual([
    [3],
    { y: 4 },
    { callbacks: null, errbacks: null, chain: null, chord: null },
  ]);
});

it.each([
  [0, ''],
  [2, ''],
  [3, '\x06\x163'],
  [8, '\x06\x166'],
  [9, '\x06\x169'],
])('priority %i is in the list that Celery has for it', async (priority, suffix) => {
  const { connection, queue, tasks } = setup();

  await tasks.send('tasks.add', [], {}, { priority });

  expect(await connection.call('LLEN', [`${queue}${suffix}`])).toBe(1);
});

it('lists are named as broker_transport_options say', async () => {
  const { connection, queue } = setup();
  const tasks = celeryTasks({ connection, queue, prioritySteps: [0, 5], separator: ':' });

  await tasks.send('tasks.add', [], {}, { priority: 9 });

  expect(await connection.call('LLEN', [`${queue}:5`])).toBe(1);
});

it('eta and expires are times in UTC', async () => {
  const { connection, queue, tasks } = setup();

  await tasks.send('tasks.add', [], {}, { etaMs: 60_000, expiresMs: 120_000, ignoreResult: true });

  const { headers } = JSON.parse(String(await connection.call('RPOP', [queue])));
  expect(headers.ignore_result).toBe(true);
  expect(headers.eta).toMatch(/\+00:00$/);
  expect(Math.abs(Number(new Date(headers.eta)) - Number(later(60_000)))).toBeLessThan(10_000);
  expect(Number(new Date(headers.expires)) - Number(new Date(headers.eta))).toBe(60_000);
});

it('a result that comes later is told by the channel, and one that is there is read', async () => {
  const { connection, tasks } = setup();
  const id = uniqueName();
  const key = `celery-task-meta-${id}`;
  const store = async (meta: object) => {
    await connection.call('SET', [key, JSON.stringify(meta)]);
    await connection.call('PUBLISH', [key, JSON.stringify(meta)]);
  };

  const awaited = tasks.result<number>(id);
  await store({ status: 'STARTED', result: { pid: 1 } });
  await store({ status: 'SUCCESS', result: 3 });

  expect(await awaited).toBe(3);
  expect(await tasks.result(id)).toBe(3);
  expect(await connection.call('PUBSUB', ['NUMSUB', key])).toEqual([Buffer.from(key), 0]);
});

it('a task that has failed rejects with the exception and the traceback of its worker', async () => {
  const { connection, tasks } = setup();
  const id = uniqueName();
  const result = { exc_type: 'ValueError', exc_message: ['no', 3], exc_module: 'builtins' };
  const meta = { status: 'FAILURE', result, traceback: 'Traceback …' };
  await connection.call('SET', [`celery-task-meta-${id}`, JSON.stringify(meta)]);

  await expect(tasks.result(id)).rejects.toMatchObject({
    code: 'CELERY_TASK',
    message: `The task ${id} has failed: ValueError: no, 3`,
    ...{ taskId: id, status: 'FAILURE', remoteName: 'ValueError', traceback: 'Traceback …' },
  });
});

it('who waits for what does not come is told in time, and can give up', async () => {
  const { tasks } = setup();
  const stop = new AbortController();
  const aborted = tasks.result('never', { signal: stop.signal });
  stop.abort(new Error('enough'));

  await expect(aborted).rejects.toThrow('enough');
  await expect(tasks.call('tasks.add', [], {}, { timeoutMs: 20 })).rejects.toMatchObject({
    code: 'TIMEOUT',
    outcome: 'unknown',
  });
});

it('a result that is no JSON is said to be none, with its bytes', async () => {
  const { connection, tasks } = setup();
  const id = uniqueName();
  await connection.call('SET', [`celery-task-meta-${id}`, 'not JSON']);

  await expect(tasks.result(id)).rejects.toMatchObject({
    code: 'DECODE',
    bytes: Buffer.from('not JSON'),
  });
});

it.each([
  ['a priority above 9', { priority: 10 }],
  ['an unknown option', { countdown: 1 } as object],
  ['a negative delay', { etaMs: -1 }],
])('%s is refused, and nothing is sent', async (_, options) => {
  const { connection, queue, tasks } = setup();

  await expect(tasks.send('tasks.add', [], {}, options)).rejects.toThrow(InvalidArgumentError);
  expect(await connection.call('EXISTS', [queue])).toBe(0);
});

it('arguments that JSON cannot represent are refused, and nothing is sent', async () => {
  const { connection, queue, tasks } = setup();

  await expect(tasks.send('tasks.add', [1n])).rejects.toMatchObject({ code: 'ENCODE' });
  expect(await connection.call('EXISTS', [queue])).toBe(0);
});
