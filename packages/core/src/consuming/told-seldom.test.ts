import { expect, it, vi } from 'vitest';
import { ConnectionError, WrongTypeError } from '../errors.js';
import { performance } from '../runtime/timers.js';
import { ToldSeldom } from './told-seldom.js';

function wrongType(key: string): WrongTypeError {
  const place = { kind: 'queue', owner: 'q', database: 0, address: 'here' };
  return new WrongTypeError({ ...place, key, expected: 'list', found: 'set', outcome: 'unknown' });
}

it('a key of another type is reported at once, then every few seconds, and other errors each time', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(0);
  const told = new ToldSeldom();
  const away = new ConnectionError('away', { outcome: 'unknown' });
  const dueAt = (ms: number, error: Error) => {
    now.mockReturnValue(ms);
    return told.isDue(error);
  };
  expect([0, 1000, 4999, 5000, 5001].map((ms) => dueAt(ms, wrongType('a')))).toEqual([
    true,
    false,
    false,
    true,
    false,
  ]);
  expect(dueAt(5001, wrongType('b'))).toBe(true);
  expect([dueAt(5001, away), dueAt(5001, away)]).toEqual([true, true]);
  now.mockRestore();
});
