import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../errors.js';
import { shown, wholeNumber } from './check.js';

describe('a whole number', () => {
  it('is returned when it is within the range', () => {
    expect(wholeNumber('count', 1, { min: 1 })).toBe(1);
    expect(wholeNumber('count', 10, { min: 1, max: 10 })).toBe(10);
  });

  it.each([0, 11, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', null, undefined, 5n, {}])(
    'is not %o',
    (value) => {
      expect(() => wholeNumber('count', value, { min: 1, max: 10 })).toThrow(InvalidArgumentError);
    },
  );

  it('is asked for by name, range and what was given instead', () => {
    expect(() => wholeNumber('count', 'ten', { min: 1, max: 10 })).toThrow(
      'count must be a whole number from 1 to 10, got "ten"',
    );
    expect(() => wholeNumber('count', -1, { min: 0 })).toThrow(
      'count must be a whole number at least 0, got -1',
    );
  });
});

describe('a value in a message', () => {
  it.each([
    ['text', '"text"'],
    ['two\nlines', String.raw`"two\nlines"`],
    [5n, '5n'],
    [Symbol('s'), 'Symbol(s)'],
    [Object.create(null), '[Object: null prototype] {}'],
    [() => 1, '[Function (anonymous)]'],
  ])('is shown as it is: %o', (value, text) => {
    expect(shown(value)).toBe(text);
  });

  it('is cut short, and on one line', () => {
    expect(shown('x'.repeat(1000))).toHaveLength(60);
    expect(shown(Array.from({ length: 1000 }, (_, at) => at))).not.toContain('\n');
  });
});
