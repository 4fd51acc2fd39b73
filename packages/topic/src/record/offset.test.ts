import { expect, it } from 'vitest';
import { publishedAt, startOf } from './offset.js';

it('a place is the offset whose successors are meant', () => {
  expect(startOf('beginning')).toBe('0-0');
  expect(startOf('latest')).toBe('$');
  expect(startOf('12-3')).toBe('12-3');
  expect(startOf(new Date(1000))).toBe('999-18446744073709551615');
  expect(startOf(new Date(0))).toBe('0-0');
});

it('rejects an invalid place', () => {
  for (const place of ['', '5', '5-', 'end', new Date(Number.NaN), new Date(-1), 7, null]) {
    expect(() => startOf(place as string)).toThrow(/A place in a topic is/);
  }
});

it('an offset tells when its record was published', () => {
  expect(publishedAt('1700000000000-5')).toEqual(new Date(1_700_000_000_000));
});
