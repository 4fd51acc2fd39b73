import { expect, it } from 'vitest';
import { uniqueName, useRedpost } from './support/redpost.js';

const redpost = useRedpost();

/** A job as BullMQ 6 has it: the command is tested with BullMQ itself in `packages/queue`. */
async function addJob(queue: string, id: string, data: string): Promise<void> {
  await redpost.redisCli('HSET', `bull:${queue}:meta`, 'version', 'bullmq:6.7.0');
  const fields = ['name', 'mail', 'data', data, 'opts', '{}', 'timestamp', '1', 'priority', '0'];
  await redpost.redisCli('HSET', `bull:${queue}:${id}`, ...fields);
  await redpost.redisCli('LPUSH', `bull:${queue}:wait`, id);
}

it('move bullmq counts, moves, and moves nothing twice', async () => {
  const [queue, to] = [uniqueName(), uniqueName()];
  await addJob(queue, '1', '{"n":1}');
  await addJob(queue, '2', '{"n":2}');

  const dry = await redpost.run(['move', 'bullmq', queue, '--to', to, '--dry-run']);
  const moved = await redpost.run(['move', 'bullmq', queue, '--to', to, '--rate', '1000/1s']);
  const again = await redpost.run(['move', 'bullmq', queue, '--to', to]);

  const result = (waiting: number, isDryRun = false) => ({
    from: queue,
    queue: to,
    isDryRun,
    moved: { waiting, prioritized: 0, delayed: 0, failed: 0, schedulers: 0 },
    left: { active: 0, completed: 0, flows: 0, schedulers: [] },
    isPaused: false,
  });
  expect(dry).toMatchObject({
    code: 0,
    lines: [result(2, true)],
    stderr: expect.stringContaining('dry run: 2 would be moved, nothing was changed'),
  });
  expect(moved).toMatchObject({ code: 0, lines: [result(2)] });
  expect(again).toMatchObject({ code: 0, lines: [result(0)] });
  const { lines } = await redpost.run(['peek', to]);
  expect(lines).toMatchObject([
    { id: `bull:${queue}:1`, body: { n: 1 } },
    { id: `bull:${queue}:2`, body: { n: 2 } },
  ]);
});

it('move bullmq --undo gives back what still waits', async () => {
  const queue = uniqueName();
  await addJob(queue, '1', '{"n":1}');
  await redpost.run(['move', 'bullmq', queue]);

  const undone = await redpost.run(['move', 'bullmq', queue, '--undo']);

  expect(undone).toMatchObject({ code: 0, lines: [{ from: queue, queue, restored: 1, left: 0 }] });
  expect(await redpost.redisCli('LRANGE', `bull:${queue}:wait`, '0', '-1')).toContain('1');
});

it('move bullmq of a queue that BullMQ does not have exits with 2', async () => {
  const { code, stderr } = await redpost.run(['move', 'bullmq', 'nowhere']);

  expect(code).toBe(2);
  expect(stderr).toContain('There is no queue "nowhere" of BullMQ');
});

/** A job as bee-queue 2 has it: the command is tested with bee-queue itself in `packages/queue`. */
async function addBeeQueueJob(queue: string, id: string, data: unknown): Promise<void> {
  const job = { data, options: { timestamp: 1, stacktraces: [] }, status: 'created', progress: 0 };
  await redpost.redisCli('HSET', `bq:${queue}:jobs`, id, JSON.stringify(job));
  await redpost.redisCli('LPUSH', `bq:${queue}:waiting`, id);
}

it('move bee-queue counts, moves, moves nothing twice, and gives back with --undo', async () => {
  const [queue, to] = [uniqueName(), uniqueName()];
  for (const n of [1, 2]) await addBeeQueueJob(queue, String(n), { n });
  await redpost.redisCli('LPUSH', `bq:${queue}:active`, '3');

  const command = ['move', 'bee-queue', queue, '--to', to];
  const dry = await redpost.run([...command, '--dry-run']);
  const moved = await redpost.run([...command, '--rate', '1000/1s']);
  const again = await redpost.run(command);

  const result = (waiting: number, isDryRun = false) => ({
    from: queue,
    queue: to,
    isDryRun,
    moved: { waiting, delayed: 0, failed: 0 },
    left: { active: 1, succeeded: 0 },
  });
  expect(dry).toMatchObject({
    code: 0,
    lines: [result(2, true)],
    stderr: expect.stringContaining('dry run: 2 would be moved, nothing was changed'),
  });
  expect(moved).toMatchObject({
    code: 0,
    lines: [result(2)],
    stderr: expect.stringContaining('1 job of workers'),
  });
  expect(again).toMatchObject({ code: 0, lines: [result(0)] });
  const { lines } = await redpost.run(['peek', to]);
  expect(lines).toMatchObject([
    { id: `bq:${queue}:1`, body: { n: 1 } },
    { id: `bq:${queue}:2`, body: { n: 2 } },
  ]);
  const undone = await redpost.run([...command, '--undo']);
  expect(undone).toMatchObject({
    code: 0,
    lines: [{ from: queue, queue: to, restored: 2, left: 0 }],
  });
  expect(await redpost.redisCli('LLEN', `bq:${queue}:waiting`)).toContain('2');
});
