import { expect, it } from 'vitest';
import { connect } from './connect.js';
import { InvalidArgumentError } from './errors.js';

it.each([
  [{ callTimeoutMs: 0 }, 'callTimeoutMs'],
  [{ callTimeoutMs: Number.POSITIVE_INFINITY }, 'callTimeoutMs'],
  [{ keepAliveMs: -1 }, 'keepAliveMs'],
  [{ keepAliveMs: 1.5 }, 'keepAliveMs'],
  [{ name: 'two words' }, 'name'],
  [{ name: '' }, 'name'],
])('connect refuses %o', (options, name) => {
  const attempt = () => connect('redis://127.0.0.1:1', options);

  expect(attempt).toThrow(InvalidArgumentError);
  expect(attempt).toThrow(name);
});
