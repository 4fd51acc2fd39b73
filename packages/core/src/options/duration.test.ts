import { expect, it } from 'vitest';
import { InvalidArgumentError } from '../errors.js';
import { parseDuration } from './duration.js';

it.each([
  ['250ms', 250],
  ['1.5s', 1500],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
  ['0', 0],
  ['750', 750],
  [' 10 s ', 10_000],
  ['0.4ms', 0],
])('%o is a duration', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

it.each(['', 's', '-5s', '5 minutes', '1e3', '5S', '1.5.5s', '.5s', '5m30s', '9'.repeat(400)])(
  '%o is not a duration',
  (text) => {
    expect(() => parseDuration(text)).toThrow(InvalidArgumentError);
    expect(() => parseDuration(text)).toThrow('is not a duration: write');
  },
);
