import { afterAll, afterEach, expect, it, vi } from 'vitest';
import type { Handled } from '../consuming/handler-pool.js';
import { observe } from './observation.js';
import type { SettledBatch } from './observer.js';
import { SettledReport } from './settled-report.js';

let now = 0;
vi.mock('../runtime/timers.js', async (original) => ({
  ...(await original<object>()),
  performance: { now: () => now },
}));

const destination = { kind: 'queue', name: 'measured', address: 'nowhere' } as const;
const message = { thrown: undefined } as Handled;

const batches: SettledBatch[] = [];
const unlisten = observe({ settled: (batch) => void batches.push(batch) });

afterEach(() => {
  batches.length = 0;
});

afterAll(unlisten);

const nextTurn = () => new Promise((resolve) => process.nextTick(resolve));

function measured() {
  const times = batches.flatMap(({ times }) => times);
  return { count: times.length, weight: times.reduce((sum, { weight }) => sum + weight, 0) };
}

it('while few are settled, each is measured, and stands for itself', async () => {
  const report = new SettledReport(destination, () => ({ waitMs: 1, runMs: 2 }));

  for (let n = 0; n < 30; n += 1) report.add(message, 'acked');
  await nextTurn();

  expect(batches).toMatchObject([{ counts: { acked: 30 } }]);
  expect(measured()).toEqual({ count: 30, weight: 30 });
});

it('while many are settled, few are measured, and stand for all', async () => {
  const report = new SettledReport(destination, () => ({ waitMs: 1, runMs: 2 }));

  for (let n = 0; n < 100_000; n += 1) report.add(message, 'acked');
  await nextTurn();

  const { count, weight } = measured();
  expect(count).toBeLessThan(32 * 8 + 100_000 / 256);
  expect(weight).toBeGreaterThan(100_000 - 256);
  expect(weight).toBeLessThanOrEqual(100_000);
});

it('one whose handler has thrown is always measured, and stands for itself', async () => {
  const report = new SettledReport(destination, () => ({ waitMs: 1, runMs: 2 }));
  const thrown = { thrown: new Error('no') } as Handled;

  for (let n = 0; n < 10_000; n += 1) report.add(message, 'acked');
  report.add(thrown, 'retried');
  await nextTurn();

  const times = batches.flatMap(({ times }) => times);
  expect(times.filter(({ error }) => error)).toMatchObject([{ weight: 1 }]);
});

it('after many, each is measured again a second later', async () => {
  const report = new SettledReport(destination, () => ({ waitMs: 1, runMs: 2 }));
  const settle = async (count: number) => {
    for (let n = 0; n < count; n += 1) report.add(message, 'acked');
    await nextTurn();
  };
  now = 10_000;
  await settle(10_000);
  now += 1000;
  await settle(1);
  batches.length = 0;

  await settle(300);

  const times = batches.flatMap(({ times }) => times);
  expect(times.length).toBeGreaterThan(100);
  expect(times.slice(1, 32).every(({ weight }) => weight === 1)).toBe(true);
});
