import { describe, expect, it } from 'vitest';
import { duration, figure, foundFigure, gibibytes, range, times } from './figures.js';

describe('a figure', () => {
  it('has three significant digits and thousands separators', () => {
    expect([128_456, 9_999.9, 61.44, 1, 0.04501].map(figure)).toEqual([
      '128,000',
      '10,000',
      '61.4',
      '1.00',
      '0.0450',
    ]);
  });

  it('is a plain zero when nothing was counted', () => {
    expect(figure(0)).toBe('0');
  });

  it('is a dash without a value', () => {
    expect([figure(Number.NaN), times(Number.POSITIVE_INFINITY)]).toEqual(['–', '–']);
  });
});

describe('a range', () => {
  it('goes from the lowest to the highest', () => {
    expect(range(120_900, 133_100)).toBe('121,000–133,000');
  });

  it('is one figure when both round to the same', () => {
    expect(range(0.5001, 0.5002)).toBe('0.500');
  });
});

describe("a goal's figure", () => {
  it('is a ratio where the goal is one', () => {
    const goal = { title: 'at least 10 × BullMQ', found: 12.82, met: true };

    expect(foundFigure(goal, 'higher')).toBe('12.8 ×');
  });

  it('is bare where the goal is not a ratio', () => {
    expect(foundFigure({ title: 'under 1', found: 0.4, met: true }, 'lower')).toBe('0.400');
  });

  it('never looks met by rounding when it falls short', () => {
    const tooLow = { title: 'at least 10 × BullMQ', found: 9.996, met: false };
    const tooHigh = { title: 'at most 0.4 × BullMQ', found: 0.40001, met: false };

    expect(foundFigure(tooLow, 'higher')).toBe('9.99 ×');
    expect(foundFigure(tooHigh, 'lower')).toBe('0.401 ×');
  });

  it('is rounded as usual when rounding does not flatter it', () => {
    const goal = { title: 'at least 10 × BullMQ', found: 9.612, met: false };

    expect(foundFigure(goal, 'higher')).toBe('9.61 ×');
  });
});

it('Memory is told in whole GiB', () => {
  expect(gibibytes(24_900_000_000)).toBe('23 GiB');
});

it('A duration is told in seconds up to two minutes, then in minutes', () => {
  expect([48_200, 119_000, 1_430_000].map(duration)).toEqual(['48 s', '119 s', '24 min']);
});
