import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { exponential, fixed } from './backoff.js';

function withChance(chance: number): void {
  const random = vi.spyOn(Math, 'random').mockReturnValue(chance);
  onTestFinished(() => random.mockRestore());
}

describe('an exponential backoff', () => {
  it('doubles from one second up to a minute by default', () => {
    withChance(0);

    expect([1, 2, 3, 7, 50].map(exponential())).toEqual([1000, 2000, 4000, 60_000, 60_000]);
  });

  it('leaves half of each wait to chance by default', () => {
    withChance(1);

    expect(exponential()(1)).toBe(500);
  });

  it('follows its options', () => {
    withChance(1);
    const backoff = exponential({ initialMs: 10, factor: 3, maxMs: 50, jitter: 0.1 });

    expect([1, 2, 3].map(backoff)).toEqual([9, 27, 45]);
  });

  it('stays a number however many attempts there were', () => {
    withChance(0);

    expect(exponential()(10_000)).toBe(60_000);
    expect(exponential({ initialMs: 0 })(10_000)).toBe(0);
  });

  it.each([
    { initialMs: -1 },
    { maxMs: Number.NaN },
    { factor: 0.5 },
    { factor: Number.NaN },
    { jitter: 1.1 },
  ])('refuses %o', (options) => {
    expect(() => exponential(options)).toThrow(Object.keys(options)[0]);
  });
});

describe('a fixed backoff', () => {
  it('waits the same time at every attempt', () => {
    expect([1, 2, 9].map(fixed(250))).toEqual([250, 250, 250]);
  });

  it('rejects an invalid timeout', () => {
    expect(() => fixed(-1)).toThrow('waitMs');
  });
});
