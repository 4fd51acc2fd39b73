import { expect, it, vi } from 'vitest';
import { fixed } from '../backoff.js';
import { DecodeError, ValidationError } from '../errors.js';
import { stepAfter, unreadableReason } from './failure.js';

const unheard = () => expect.unreachable();

it('an attempt that failed is followed by another, after the backoff', () => {
  const policy = { maxAttempts: 3, backoff: (attempt: number) => attempt * 10 };

  expect(stepAfter(1, policy, unheard)).toEqual({ action: 'retry', delayMs: 10 });
  expect(stepAfter(2, policy, unheard)).toEqual({ action: 'retry', delayMs: 20 });
});

it('the last attempt is followed by the dead letters', () => {
  const policy = { maxAttempts: 3, backoff: fixed(1) };
  const dead = { action: 'dead-letter', reason: 'failed' };

  expect(stepAfter(3, policy, unheard)).toEqual(dead);
  expect(stepAfter(4, policy, unheard)).toEqual(dead);
  expect(stepAfter(1, { ...policy, maxAttempts: 1 }, unheard)).toEqual(dead);
});

it.each([
  [-5, 0],
  [1.6, 2],
  [Number.POSITIVE_INFINITY, 365 * 86_400_000],
])('a backoff of %s is a wait of %s ms', (wait, delayMs) => {
  const backoff = () => wait as number;

  expect(stepAfter(1, { maxAttempts: 2, backoff }, unheard)).toEqual({ action: 'retry', delayMs });
});

it('a body that cannot be decoded is malformed, a body that does not fit its schema is invalid', () => {
  expect(unreadableReason(new DecodeError('x'))).toBe('malformed');
  expect(unreadableReason(new ValidationError('x', { issues: [] }))).toBe('invalid');
  expect(unreadableReason(new Error('x'))).toBeUndefined();
});

it('a backoff that throws is reported, and the default one is used', () => {
  const report = vi.fn();
  const backoff = () => {
    throw new Error('not today');
  };

  expect(stepAfter(1, { maxAttempts: 2, backoff }, report)).toMatchObject({ action: 'retry' });
  expect(report).toHaveBeenCalledWith(expect.objectContaining({ message: 'not today' }));
});

it.each<[string, () => unknown]>([
  ['undefined', () => undefined],
  ['null', () => null],
  ['NaN', () => Number.NaN],
  ['text', () => '100'],
  ['a promise', async () => 5],
  ['a promise that rejects', () => Promise.reject(new Error('no'))],
])('a backoff that returns %s is as one that throws', (_, backoff) => {
  const report = vi.fn();
  const policy = { maxAttempts: 2, backoff: backoff as () => number };

  const next = stepAfter(1, policy, report);

  expect(next).toMatchObject({ action: 'retry' });
  expect((next as { delayMs: number }).delayMs).toBeGreaterThanOrEqual(500);
  expect(report).toHaveBeenCalledWith(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});
