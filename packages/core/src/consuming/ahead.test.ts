import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Ahead } from './ahead.js';

vi.mock('../runtime/timers.js', async (original) => {
  const { fakeableTimers } = await import('../../../../tooling/fakeable-timers.js');
  return { ...(await original<object>()), ...fakeableTimers };
});

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it('hands out the oldest first', () => {
  const ahead = new Ahead<number>(() => {});
  ahead.add([1, 2]);
  ahead.add([3]);

  expect([ahead.size, ahead.take(), ahead.take(), ahead.take(), ahead.take()]).toEqual([
    3,
    1,
    2,
    3,
    undefined,
  ]);
  expect(ahead.size).toBe(0);
});

it('hands out the rest at once', () => {
  const ahead = new Ahead<number>(() => {});
  ahead.add([1, 2, 3]);
  ahead.take();

  expect(ahead.takeAll()).toEqual([2, 3]);
  expect(ahead.takeAll()).toEqual([]);
});

it('postpones some, and both they and the others keep their order', () => {
  const ahead = new Ahead<number>(() => {});
  const isEven = (n: number) => n % 2 === 0;
  ahead.add([0, 2, 3, 4]);
  ahead.add([5, 6]);
  ahead.take();

  expect(ahead.postpone(isEven)).toBe(true);
  ahead.add([8]);
  expect(ahead.size).toBe(6);
  expect(ahead.takeAll()).toEqual([3, 5, 2, 4, 6, 8]);
});

it('says when there are only deliveries to be postponed', () => {
  const ahead = new Ahead<number>(() => {});
  expect(ahead.postpone(() => true)).toBe(false);
  ahead.add([1, 2]);
  expect(ahead.postpone(() => true)).toBe(false);
  expect(ahead.postpone(() => false)).toBe(true);

  ahead.add([3]);
  expect([ahead.take(), ahead.take(), ahead.take()]).toEqual([1, 2, 3]);
});

it('is stuck when none was taken for 100 ms', () => {
  const stuck = vi.fn();
  const ahead = new Ahead<number>(stuck);
  ahead.add([1, 2]);
  ahead.watch();

  vi.advanceTimersByTime(90);
  expect(stuck).not.toHaveBeenCalled();
  vi.advanceTimersByTime(10);
  expect(stuck).toHaveBeenCalledTimes(1);
});

it('is not stuck while some are taken', () => {
  const stuck = vi.fn();
  const ahead = new Ahead<number>(stuck);
  ahead.add([1, 2, 3, 4]);
  ahead.watch();
  for (let taken = 0; taken < 3; taken += 1) {
    ahead.take();
    vi.advanceTimersByTime(100);
  }

  expect(stuck).not.toHaveBeenCalled();
});

it('keeps no timer when it is empty', () => {
  const ahead = new Ahead<number>(() => {});
  ahead.add([]);
  ahead.watch();
  expect(vi.getTimerCount()).toBe(0);

  ahead.add([1]);
  ahead.watch();
  ahead.take();
  vi.advanceTimersByTime(100);
  expect(vi.getTimerCount()).toBe(0);

  ahead.add([2]);
  ahead.watch();
  ahead.takeAll();
  expect(vi.getTimerCount()).toBe(0);
});
