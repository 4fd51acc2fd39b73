import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OverflowReport } from './overflow-report.js';

describe('an overflow report', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('tells of the first drop at once and adds up those that follow', () => {
    const told: number[] = [];
    const report = new OverflowReport((dropped) => told.push(dropped));

    for (let drop = 0; drop < 500; drop++) report.add();
    expect(told).toEqual([1]);

    vi.advanceTimersByTime(1000);
    expect(told).toEqual([1, 499]);
    expect(report.total).toBe(500);
  });

  it('falls silent when nothing is dropped, and speaks at once when it happens again', () => {
    const told: number[] = [];
    const report = new OverflowReport((dropped) => told.push(dropped));

    report.add();
    vi.advanceTimersByTime(5000);
    expect(told).toEqual([1]);
    expect(vi.getTimerCount()).toBe(0);

    report.add();
    expect(told).toEqual([1, 1]);
  });

  it('tells of the rest when it ends, and leaves no timer', () => {
    const told: number[] = [];
    const report = new OverflowReport((dropped) => told.push(dropped));

    for (let drop = 0; drop < 3; drop++) report.add();
    report.end();

    expect(told).toEqual([1, 2]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
