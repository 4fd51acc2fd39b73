import { expect, it } from 'vitest';
import { median } from './median.js';

it('finds the middle, in any order', () => {
  expect(median([30, 1, 2])).toBe(2);
  expect(median([4, 100, 1, 2])).toBe(3);
});

it('has no median of nothing', () => {
  expect(median([])).toBeNaN();
});
