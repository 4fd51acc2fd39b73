import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();
const program = fileURLToPath(new URL('./support/ticking.mjs', import.meta.url));

/** Starts a consumer in a process of its own, which adds the ids of what it has handled. */
function start({ name }: TestQueue<never>, handled: Set<string>, handleMs = 400): ChildProcess {
  const options = { concurrency: 5, leaseMs: 1000 };
  const input = JSON.stringify({ url: redis.url, name, handleMs, options });
  const child = spawn(process.execPath, [program, input], { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface({ input: child.stdout }).on('line', (id) => handled.add(id));
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

it('a tick each 200 ms is sent once, by three consumers that are busy and are killed one after the other', async () => {
  const queue = redis.queue() as TestQueue<never>;
  const handled = new Set<string>();
  const children = [1, 2, 3].map(() => start(queue, handled));
  await eventually(async () => (await queue.stats()).consumers === 3, 20_000);

  const from = new Date(Date.now() + 500);
  await queue.schedules.set('beat', { everyMs: 200, from, body: {} as never });
  for (let kills = 0; kills < 6; kills += 1) {
    await pause(1500);
    children.shift()?.kill('SIGKILL');
    const next = start(queue, handled);
    children.push(next);
    // On a busy machine all would be killed before another one has started.
    await once(next.stdout as NonNullable<typeof next.stdout>, 'data');
  }
  await queue.schedules.pause('beat');
  const { ticks = 0, last } = (await queue.schedules.get('beat')) ?? {};
  const sent = Array.from(
    { length: ticks },
    (_, n) => `beat@${new Date(from.getTime() + n * 200).toISOString()}`,
  );
  await eventually(() => handled.size >= ticks, 30_000);
  await Promise.all(children.map((child) => child.kill('SIGTERM') && once(child, 'exit')));

  expect([...handled].sort()).toEqual(sent);
  expect(sent.at(-1)).toBe(`beat@${last?.toISOString()}`);
  expect(ticks).toBeGreaterThanOrEqual(40);
  // As many messages as ticks: none was sent twice.
  const { pending, active, delayed, dead, total } = await queue.stats();
  expect(total.acked + pending + active + delayed + dead).toBe(ticks);
}, 90_000);

it('with overlap skip, at most one message is there at a time, and crashes do not end the schedule', async () => {
  const queue = redis.queue() as TestQueue<never>;
  const handled = new Set<string>();
  const children = [1, 2].map(() => start(queue, handled, 150));
  await eventually(async () => (await queue.stats()).consumers === 2, 20_000);

  await queue.schedules.set('beat', { everyMs: 50, overlap: 'skip', body: {} as never });
  const most: number[] = [];
  for (let kills = 0; kills < 4; kills += 1) {
    const before = handled.size;
    await eventually(async () => {
      const { pending, active, delayed } = await queue.stats();
      most.push(pending + active + delayed);
      return handled.size >= before + 3;
    }, 20_000);
    // While the only message may be active.
    for (const child of children.splice(0)) child.kill('SIGKILL');
    children.push(start(queue, handled, 150), start(queue, handled, 150));
  }
  const before = handled.size;
  await eventually(() => handled.size >= before + 3, 20_000);
  // What is counted in several calls may be counted twice while it is moved.
  expect(most.filter((count) => count > 2)).toEqual([]);
  expect(most.filter((count) => count > 1).length).toBeLessThan(most.length / 4);
  await queue.schedules.remove('beat');
  await eventually(
    async () => (await queue.connection.call('HLEN', [`{${queue.name}}:once`])) === 0,
    20_000,
  );
}, 120_000);
