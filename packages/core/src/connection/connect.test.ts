import { expect, it } from 'vitest';
import { InvalidArgumentError } from '../errors.js';
import { connect } from './connect.js';
import type { ConnectOptions } from './connect-options.js';

it.each([
  [{ callTimeoutMs: 0 }, 'callTimeoutMs'],
  [{ callTimeoutMs: Number.POSITIVE_INFINITY }, 'callTimeoutMs'],
  [{ keepAliveMs: -1 }, 'keepAliveMs'],
  [{ keepAliveMs: 1.5 }, 'keepAliveMs'],
  [{ name: 'two words' }, 'name'],
  [{ name: '' }, 'name'],
  [{ connectTimeoutMs: 0 }, 'connectTimeoutMs'],
  [{ credentials: { password: 'pw' } }, 'credentials'],
])('connect refuses %o', (options, name) => {
  const attempt = () => connect('redis://127.0.0.1:1', options as ConnectOptions);

  expect(attempt).toThrow(InvalidArgumentError);
  expect(attempt).toThrow(name);
});

it('connect refuses a variable that is not set, and says so', () => {
  const unset = process.env.REDPOST_NO_SUCH_VARIABLE as string;

  expect(() => connect(unset)).toThrow(InvalidArgumentError);
  expect(() => connect(unset)).toThrow('unset');
});

it('connect without arguments goes to the Redis of this machine', async () => {
  await using connection = connect();
  connection.on('error', () => {}); // There need not be one.

  expect(connection.address).toBe('127.0.0.1:6379');
});

it('connect refuses a password beside credentials', () => {
  const credentials = () => ({ password: 'a' });

  expect(() => connect('redis://:b@127.0.0.1:1', { credentials })).toThrow('credentials');
  expect(() => connect({ port: 1, connectionName: 'two words' })).toThrow('connectionName');
});
