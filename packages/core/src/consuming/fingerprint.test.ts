import { expect, it } from 'vitest';
import { fingerprint, normalised } from './fingerprint.js';

it.each([
  ['connect ECONNREFUSED 10.0.0.7:5432', 'connect ECONNREFUSED <address>'],
  ['connect ECONNREFUSED ::1:5432', 'connect ECONNREFUSED <address>'],
  ['connect ECONNREFUSED [2001:db8::ff00:42]:443', 'connect ECONNREFUSED <address>'],
  ['no user 4711 after 1.5 s', 'no user <n> after <n> s'],
  ['the balance would be -12.50, not 3', 'the balance would be <n>, not <n>'],
  ['order 1b4e28ba-2fa1-11d2-883f-0016d3cca427 is gone', 'order <id> is gone'],
  ['no such customer: cus_9s6XKzkNRiz8i3', 'no such customer: <id>'],
  ['a@example.com was refused', '<address> was refused'],
  ['segfault at 0x7ffee4c0', 'segfault at <address>'],
  ['timeout\n    in  request', 'timeout in request'],
  ['ETIMEDOUT: statement took too long', 'ETIMEDOUT: statement took too long'],
  ['at 12:30:05 on 2026-01-31', 'at <n> on <n>-<n>-<n>'],
])('%s is grouped as %s', (error, text) => {
  expect(normalised(error)).toBe(text);
});

it('errors that differ in numbers, ids or addresses only have one fingerprint', () => {
  expect(fingerprint('user 1 of 10.0.0.1')).toBe(fingerprint('user 22 of 10.9.8.7'));
  expect(fingerprint('user 1')).not.toBe(fingerprint('order 1'));
  expect(fingerprint('')).toMatch(/^[0-9a-f]{8}$/);
});

it.each(['a', '-', '1', ':', 'a.', 'a@a.', '1.', '0:', ' '])(
  'a text of %s takes no longer than its length',
  (part) => {
    const started = performance.now();
    normalised(part.repeat(100_000));
    // Backtracking would take minutes.
    expect(performance.now() - started).toBeLessThan(2000);
  },
);
