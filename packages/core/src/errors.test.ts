import { describe, expect, it } from 'vitest';
import * as errors from './errors.js';

const { ClosedError, ConnectionError, DecodeError, EncodeError, InvalidArgumentError } = errors;
const { OutOfMemoryError, RedpostError, ServerError, TimeoutError, ValidationError } = errors;
const { NotReplicatedError, isRedpostError } = errors;

const cause = new Error('cause');
const family = [
  [new InvalidArgumentError('m', { cause }), 'InvalidArgumentError', 'INVALID_ARGUMENT', false],
  [new ConnectionError('m', { cause, outcome: 'unknown' }), 'ConnectionError', 'CONNECTION', true],
  [new TimeoutError('m', { cause, outcome: 'unknown' }), 'TimeoutError', 'TIMEOUT', true],
  [new ClosedError('m', { cause }), 'ClosedError', 'CLOSED', false],
  [new ServerError('m', { cause, reply: 'ERR' }), 'ServerError', 'SERVER', false],
  [new OutOfMemoryError('m', { cause }), 'OutOfMemoryError', 'OUT_OF_MEMORY', true],
  [
    new NotReplicatedError('m', { cause, replicas: 1, confirmed: 0 }),
    'NotReplicatedError',
    'NOT_REPLICATED',
    true,
  ],
  [new EncodeError('m', { cause }), 'EncodeError', 'ENCODE', false],
  [new DecodeError('m', { cause }), 'DecodeError', 'DECODE', false],
  [new ValidationError('m', { cause, issues: [] }), 'ValidationError', 'VALIDATION', false],
] as const;

describe('the error family', () => {
  it.each(family)('has a name, a code and a cause: %s', (error, name, code, retryable) => {
    expect(error).toBeInstanceOf(RedpostError);
    expect(isRedpostError(error)).toBe(true);
    expect(error).toMatchObject({ name, code, retryable, cause, message: 'm' });
    expect(String(error)).toBe(`${name}: m`);
  });

  it('is recognised across copies of the package', () => {
    const foreign = Object.assign(new Error(), { [Symbol.for('redpost.error')]: true });

    expect(isRedpostError(foreign)).toBe(true);
  });

  it('is recognised by its code', () => {
    expect(isRedpostError(new ClosedError('m'), 'CLOSED')).toBe(true);
    expect(isRedpostError(new ClosedError('m'), 'TIMEOUT')).toBe(false);
  });

  it.each([new Error('other'), 'text', null, undefined, 5])('does not count %o in', (other) => {
    expect(isRedpostError(other)).toBe(false);
  });

  it('makes an error of any thrown value', () => {
    expect(errors.asError(cause)).toBe(cause);
    expect(errors.asError('text')).toMatchObject({ message: 'text', cause: 'text' });
    expect(errors.asError(Object.create(null)).message).toContain('null prototype');
    expect(errors.asError(undefined).message).toBe('undefined');
  });
});
