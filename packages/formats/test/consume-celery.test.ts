import { bytes, fixed, InvalidArgumentError } from '@redpost/core';
import { type AllConsumer, Queue } from '@redpost/queue';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import {
  type CeleryHandler,
  type CeleryTask,
  type ConsumeCeleryOptions,
  celeryTasks,
  consumeCelery,
} from '../src/celery/index.js';
import { fixture } from './support/fixture.js';
import { uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

function setup() {
  const connection = redis.connection();
  const queue = uniqueName();
  const tasks = celeryTasks({ connection, queue });
  return {
    connection,
    queue,
    tasks,
    /** A message that Celery has written, with another id: tests share what results are kept in. */
    async push(name: string): Promise<string> {
      const id = uniqueName();
      const text = fixture(`celery/${name}.txt`);
      await connection.call('LPUSH', [queue, text.replaceAll(JSON.parse(text).headers.id, id)]);
      return id;
    },
    consume(
      handlers: Record<string, CeleryHandler>,
      options: Partial<ConsumeCeleryOptions> = {},
    ): AllConsumer<unknown> {
      const consumer = consumeCelery(queue, handlers, {
        connection,
        backoff: fixed(1),
        ...options,
      });
      onTestFinished(() => consumer.stop({ timeoutMs: 0 }));
      return consumer;
    },
    async meta(id: string) {
      const text = await connection.call('GET', [`celery-task-meta-${id}`]);
      return text === null ? undefined : JSON.parse(String(text));
    },
    /** Resolves as soon as there is one. */
    async deadLetter() {
      const dead = new Queue(queue, { connection, codec: bytes() });
      return eventually(async () => (await dead.deadLetters.list())[0]);
    },
    async deadLetters() {
      return (await new Queue(queue, { connection }).stats()).dead;
    },
    /** What others find who read the lists of the queue. */
    async listed(): Promise<string[]> {
      const names = [queue, `${queue}\x06\x163`, `${queue}\x06\x166`, `${queue}\x06\x169`];
      const lists = names.map((name) => connection.call('LRANGE', [name, 0, -1]));
      return ((await Promise.all(lists)) as Buffer[][]).flat().map(String);
    },
  };
}

const add: CeleryHandler = ({ args: [x, y], kwargs }) => Number(x) + Number(y ?? kwargs.y);

it('a task that Celery has sent is handled, and its result is what Celery stores', async () => {
  const { connection, push, consume, meta } = setup();
  const id = await push('plain');

  consume({ 'tasks.add': add });

  expect(await eventually(() => meta(id))).toEqual({
    status: 'SUCCESS',
    result: 3,
    traceback: null,
    children: [],
    date_done: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/),
    task_id: id,
  });
  const keptMs = await connection.call('PTTL', [`celery-task-meta-${id}`]);
  expect(keptMs).toBeGreaterThan(86_000_000);
  expect(keptMs).toBeLessThanOrEqual(86_400_000);
});

it('a call gets what the handler of another process returns', async () => {
  const { tasks, consume } = setup();
  consume({ 'tasks.add': add });

  expect(await tasks.call('tasks.add', [1], { y: 5 })).toBe(6);
  expect(await tasks.call('tasks.add', [2, 5], {}, { priority: 9 })).toBe(7);
});

it('lower priorities are sooner, as Celery has it', async () => {
  const { tasks, consume } = setup();
  for (const priority of [9, 0, 6, 3, 0, 6, 9])
    await tasks.send('tasks.note', [priority], {}, { priority });
  const seen: unknown[] = [];

  consume({ 'tasks.note': ({ args }) => seen.push(args[0]) });

  await eventually(() => seen.length === 7);
  expect(seen).toEqual([0, 0, 3, 6, 6, 9, 9]);
});

it('an attempt that fails is stored as RETRY, and the last one as FAILURE with the error', async () => {
  const { tasks, consume, meta, deadLetter } = setup();
  const states: unknown[] = [];
  const id = await tasks.send('tasks.fail');

  consume(
    {
      'tasks.fail': async ({ id }) => {
        states.push((await meta(id))?.status);
        throw new TypeError('no');
      },
    },
    { maxAttempts: 3 },
  );

  await expect(tasks.result(id)).rejects.toMatchObject({
    code: 'CELERY_TASK',
    remoteName: 'TypeError',
    message: expect.stringContaining('TypeError: no'),
    traceback: expect.stringContaining('consume-celery.test.ts'),
  });
  expect(states).toEqual([undefined, 'RETRY', 'RETRY']);
  expect(await deadLetter()).toMatchObject({ reason: 'failed', error: 'no' });
});

it('the lists of Celery never have anything that Celery has not written', async () => {
  const { tasks, consume, listed, deadLetters } = setup();
  await tasks.send('tasks.fail');
  await tasks.send('tasks.hang');
  await tasks.send('tasks.later', [], {}, { etaMs: 3_600_000 });
  const found: string[] = [];
  let hangs = false;
  const look = async () => void found.push(...(await listed()));
  const consumer = consume(
    {
      'tasks.fail': async () => {
        await look();
        throw new Error('again');
      },
      'tasks.hang': () => {
        hangs = true;
        return new Promise(() => {});
      },
      'tasks.later': () => {},
    },
    { maxAttempts: 4, concurrency: 2 },
  );

  await eventually(async () => hangs && (await deadLetters()) === 1);
  await consumer.stop({ timeoutMs: 0 });
  await look();

  expect(found.filter((element) => !element.startsWith('{"body"'))).toEqual([]);
  expect(await listed()).toEqual([]);
});

it('a task with eta waits until then, and does not keep others waiting', async () => {
  const { tasks, consume } = setup();
  const seen: [unknown, boolean][] = [];
  await tasks.send('tasks.note', ['later'], {}, { etaMs: 300 });
  await tasks.send('tasks.note', ['now']);

  consume({
    'tasks.note': ({ args, eta }) => seen.push([args[0], Number(eta ?? 0) <= Date.now()]),
  });

  await eventually(() => seen.length === 2);
  expect(seen).toEqual([
    ['now', true],
    ['later', true],
  ]);
});

it('a task that has expired is not started, and is stored as REVOKED', async () => {
  const { tasks, consume, deadLetters } = setup();
  const id = await tasks.send('tasks.note', [], {}, { expiresMs: 1 });
  const sentAt = Date.now();
  await eventually(() => Date.now() > sentAt + 2);
  let started = 0;

  consume({
    'tasks.note': () => {
      started += 1;
    },
  });

  await expect(tasks.result(id)).rejects.toMatchObject({
    status: 'REVOKED',
    remoteName: 'TaskRevokedError',
  });
  expect(started).toBe(0);
  expect(await deadLetters()).toBe(0);
});

it('the tasks of a chain follow each other, each with the result of the one before it', async () => {
  const { push, consume, meta, listed } = setup();
  const id = await push('chain');
  const last: CeleryTask[] = [];

  consume({
    'tasks.add': (task) => {
      last.push(task);
      return add(task);
    },
  });

  await eventually(() => last.length === 3);
  const { id: lastId, args } = last[2] as CeleryTask;
  expect(args).toEqual([6, 4]);
  expect(await eventually(() => meta(lastId))).toMatchObject({
    result: 10,
    parent_id: last[1]?.id,
  });
  expect((await meta(id)).children).toEqual([[[last[1]?.id, null], null]]);
  expect(await listed()).toEqual([]);
});

it('a callback gets the result, and an error callback the id of the task', async () => {
  const { push, consume } = setup();
  const notes: unknown[] = [];
  await push('callbacks');
  const note: CeleryHandler = ({ args }) => notes.push(args[0]);
  const consumer = consume({ 'tasks.add': add, 'tasks.note': note });
  await eventually(() => notes.length === 1);
  await consumer.stop();

  const id = await push('callbacks');
  const fail: CeleryHandler = () => {
    throw new Error('no');
  };
  consume({ 'tasks.add': fail, 'tasks.note': note }, { maxAttempts: 2 });

  await eventually(() => notes.length === 2);
  expect(notes).toEqual([3, id]);
});

it.each([
  ['pickle', 'ContentDisallowed', 'only JSON is read'],
  ['chord', 'InvalidTaskError', 'chord'],
  ['group-callback', 'InvalidTaskError', 'group'],
])(
  '%s becomes a dead letter with its bytes, and who waits for it is told',
  async (name, type, why) => {
    const { push, consume, tasks, deadLetter } = setup();
    const failures: string[] = [];
    const id = await push(name);
    let started = 0;

    const consumer = consume({
      'tasks.add': () => {
        started += 1;
      },
    });
    consumer.on('failed', ({ error }) => failures.push(error.message));

    await expect(tasks.result(id)).rejects.toMatchObject({ remoteName: type });
    const dead = await deadLetter();
    expect(dead).toMatchObject({ reason: 'malformed', error: expect.stringContaining(why) });
    const text = fixture(`celery/${name}.txt`);
    expect(String(dead.body)).toBe(text.replaceAll(JSON.parse(text).headers.id, id));
    expect(failures).toEqual([expect.stringContaining(why)]);
    expect(started).toBe(0);
  },
);

it('a task of a name without a handler becomes a dead letter, as a worker of Celery rejects it', async () => {
  const { tasks, consume } = setup();
  consume({ 'tasks.add': add });

  await expect(tasks.call('tasks.mul', [1, 2])).rejects.toMatchObject({
    message: expect.stringContaining('NotRegistered: tasks.mul'),
  });
});

it('a task that asks for no result stores none', async () => {
  const { push, consume, meta } = setup();
  const id = await push('no-result');
  let done = false;

  const consumer = consume({
    'tasks.add': () => {
      done = true;
    },
  });

  await eventually(() => done);
  await consumer.stop();
  expect(await meta(id)).toBeUndefined();
});

it('what has succeeded stays so, whatever a second attempt says', async () => {
  const { connection, push, consume, meta } = setup();
  const id = await push('plain');
  // As Python writes it.
  await connection.call('SET', [
    `celery-task-meta-${id}`,
    '{"status": "SUCCESS", "result": "first"}',
  ]);
  let failed = 0;

  const consumer = consume(
    {
      'tasks.add': () => {
        throw new Error('no');
      },
    },
    { maxAttempts: 1 },
  );
  consumer.on('failed', () => {
    failed += 1;
  });

  await eventually(() => failed === 1);
  await consumer.stop();
  expect((await meta(id)).result).toBe('first');
});

it('an attempt that takes longer than timeoutMs has failed, and what it returns later is not stored', async () => {
  const { tasks, consume, meta } = setup();
  const id = await tasks.send('tasks.hang');
  let finish = () => {};

  const consumer = consume(
    {
      'tasks.hang': () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    },
    { maxAttempts: 1, timeoutMs: 20 },
  );

  await expect(tasks.result(id)).rejects.toMatchObject({ remoteName: 'AttemptTimeoutError' });
  finish();
  await consumer.stop();
  expect((await meta(id)).status).toBe('FAILURE');
});

it.each([
  ['no handler', {}, {}],
  ['a handler that is none', { 'tasks.add': 1 }, {}],
  ['an option that does not exist', { 'tasks.add': add }, { order: 'lifo' }],
  ['priorities that do not begin with 0', { 'tasks.add': add }, { prioritySteps: [3, 6] }],
  ['priorities that do not ascend', { 'tasks.add': add }, { prioritySteps: [0, 6, 6] }],
  ['a concurrency of 0', { 'tasks.add': add }, { concurrency: 0 }],
])('%s is refused at once', (_, handlers, options) => {
  const { consume } = setup();
  expect(() => consume(handlers as never, options as never)).toThrow(InvalidArgumentError);
});

it('a task whose consumers have died too often has failed, for who waits for it', async () => {
  const { connection, queue, tasks, consume, meta, deadLetters } = setup();
  const id = await tasks.send('tasks.add', [1, 2]);
  const bystander = await tasks.send('tasks.add', [3, 4]);
  const die = async () => {
    const dying = new Queue(queue, { connection: redis.connection(), codec: bytes() });
    onTestFinished(() => dying.close());
    dying.on('error', () => {});
    await eventually(async () => {
      const delivery = await dying.receive({ timeoutMs: 0 });
      return delivery && String(delivery.body).includes(id);
    });
    for (const member of (await connection.call('ZRANGE', [
      `{${queue}}:consumers`,
      0,
      -1,
    ])) as Buffer[])
      await connection.call('ZADD', [`{${queue}}:consumers`, 1, member]);
  };
  await die();
  await die();
  const waiting = tasks.result(id, { timeoutMs: 60_000 });

  consume({ 'tasks.add': add }, { maxAttempts: 2, leaseMs: 3000 });

  await expect(waiting).rejects.toMatchObject({
    status: 'FAILURE',
    remoteName: 'WorkerLostError',
    message: expect.stringContaining('its consumers died while they handled it'),
  });
  expect(await meta(id)).toMatchObject({ result: { exc_module: 'billiard.exceptions' } });
  expect(await deadLetters()).toBe(1);
  expect(await tasks.result(bystander, { timeoutMs: 60_000 })).toBe(7);
});
