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
function start({ name }: TestQueue<never>, handled: Set<string>): ChildProcess {
  const options = { concurrency: 5, leaseMs: 1000 };
  const input = JSON.stringify({ url: redis.url, name, handleMs: 400, options });
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
    children.push(start(queue, handled));
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
