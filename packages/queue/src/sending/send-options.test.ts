import { expect, it } from 'vitest';
import { checkSendOptions, type SendOptions } from './send-options.js';

const century = 100 * 365 * 86_400_000;

it.each<SendOptions>([
  {},
  { id: 'x'.repeat(512), headers: { a: 'b' }, delayMs: 0, ttlMs: 1 },
  { delayMs: century, ttlMs: century },
  { bare: true },
  { bare: true, delayMs: 0 },
])('%j is possible', (options) => {
  expect(() => checkSendOptions(options)).not.toThrow();
});

it.each([
  { id: '' },
  { id: 'x'.repeat(513) },
  { id: 7 },
  { headers: { a: 1 } },
  { headers: 'a' },
  { delayMs: -1 },
  { delayMs: 1.5 },
  { delayMs: Number.NaN },
  { delayMs: '5' },
  { delayMs: century + 1 },
  { ttlMs: 0 },
  { ttlMs: century + 1 },
  { bare: true, id: 'a' },
  { bare: true, headers: {} },
  { bare: true, delayMs: 1 },
  { bare: true, at: new Date() },
  { at: new Date(Number.NaN) },
  { at: '2030-01-01' },
  { at: Date.now() },
  { at: new Date(Date.now() + 101 * 365 * 86_400_000) },
  { at: new Date(), delayMs: 1 },
  { at: new Date(), debounce: { key: 'a', ms: 1 } },
  { bare: true, ttlMs: 1 },
])('%j is refused', (options) => {
  expect(() => checkSendOptions(options as SendOptions)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
  );
});
