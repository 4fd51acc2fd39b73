import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CountedReport } from './counted-report.js';

vi.mock('../runtime/timers.js', async (original) => {
  const { fakeableTimers } = await import('../../../../tooling/fakeable-timers.js');
  return { ...(await original<object>()), ...fakeableTimers };
});

describe('a counted report', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('tells of the first one at once and adds up those that follow', () => {
    const told: number[] = [];
    const report = new CountedReport({ everyMs: 1000, report: (count) => told.push(count) });

    for (let count = 0; count < 500; count++) report.add();
    expect(told).toEqual([1]);

    vi.advanceTimersByTime(1000);
    expect(told).toEqual([1, 499]);
    expect(report.total).toBe(500);
  });

  it('falls silent when nothing happens, and speaks at once when it happens again', () => {
    const told: number[] = [];
    const report = new CountedReport({ everyMs: 1000, report: (count) => told.push(count) });

    report.add();
    vi.advanceTimersByTime(5000);
    expect(told).toEqual([1]);
    expect(vi.getTimerCount()).toBe(0);

    report.add();
    expect(told).toEqual([1, 1]);
  });

  it('tells of the rest when it ends, and leaves no timer', () => {
    const told: number[] = [];
    const report = new CountedReport({ everyMs: 1000, report: (count) => told.push(count) });

    for (let count = 0; count < 3; count++) report.add();
    report.end();

    expect(told).toEqual([1, 2]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
